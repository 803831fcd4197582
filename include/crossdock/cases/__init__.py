"""The life of a case: opened, refreshed, vanished, moved by people, and a history that cannot be changed in silence."""
