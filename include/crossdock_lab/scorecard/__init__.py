"""The product's findings held against the truth."""
