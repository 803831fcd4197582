"""The operations' chat: what the product tells people arrives here."""
