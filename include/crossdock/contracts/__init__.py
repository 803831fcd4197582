"""Contracts: whether a record is fit to flow, decided by one file per feed and version.

`expectations/<system>/<feed>.v<N>.yaml` (ODCS 3.1) is the only place where a rule is written. From it come the row
verdicts of both lanes (`judge`), the Great Expectations suite of the batch lane (`gx`, never imported here), the
judgement of a table from outside (`check`) and the reference page (`docs`).
"""

from crossdock.contracts.judge import judge, quarantine_document

__all__ = ["judge", "quarantine_document"]
