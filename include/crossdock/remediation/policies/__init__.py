"""Policies: what is done about which exception by itself, what a person must agree to, and what a person does.

One YAML file each in this folder (or in the folder that CROSSDOCK_POLICIES names). The database keeps every version.
"""
