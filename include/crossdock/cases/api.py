"""What the worker, DAGs, the command line and the desk call of the cases."""

from __future__ import annotations

from crossdock.cases.drain import Drained, drain

__all__ = ["Drained", "drain"]
