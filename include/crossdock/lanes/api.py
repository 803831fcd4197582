"""What the DAG of the batch lane calls."""

from __future__ import annotations

from crossdock.lanes import dbt
from crossdock.lanes.batch import batch_build

__all__ = ["batch_build", "build_docs"]


def build_docs(*, conninfo: str | None = None) -> str:
    """Write dbt's documentation site; return its folder."""
    dbt.invoke(["docs", "generate", "--static"], conninfo=conninfo)
    return str(dbt.target_dir("all", "lane"))
