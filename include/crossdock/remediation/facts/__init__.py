"""What a decision must know: gathered for many cases at once, kept with the decision as its inputs.

`gather` reads; everything after it (`candidates`, `decide`, `why`, `backtest`) is pure over what it gave.
"""

from crossdock.remediation.facts.gather import gather, promised, with_promised

__all__ = ["gather", "promised", "with_promised"]
