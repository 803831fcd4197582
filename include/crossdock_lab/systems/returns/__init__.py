"""The returns system: its exports, as CSV in a mailbox of its own."""
