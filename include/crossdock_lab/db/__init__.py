"""The lab's own database."""
