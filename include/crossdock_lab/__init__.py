"""The lab: a whole distributor to run against, with seeded faults and the truth about them.

The product never imports this package.
"""
