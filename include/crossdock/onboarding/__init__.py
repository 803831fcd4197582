"""Onboarding: partner folders (data only) to what the platform runs on."""
