"""Crossdock: order-level exceptions for distributors, found fast, repaired and verified."""
