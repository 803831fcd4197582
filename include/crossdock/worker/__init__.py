"""The near-real-time half as one process: from what arrived to cases that stand."""
