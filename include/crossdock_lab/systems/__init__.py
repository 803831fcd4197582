"""The systems of the lab's distributor: each says what the world makes it believe, in its own published words."""
