"""The simulated distributor: who trades, what happens to each order, and what each system comes to believe of it."""
