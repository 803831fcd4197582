"""Playbooks: how an exception is repaired, step by step, as data. One YAML file each in this folder.

A playbook says what must hold first, where its candidates come from, the commands in order (each with what takes it
back), what must be true afterwards, and what the customer is told. Values that begin with `=` are JMESPath over
`facts`, `choice`, `each` and `message`; `{{ }}` puts one into text.
"""
