"""What a partner may set for its mailbox."""

from __future__ import annotations

from dataclasses import dataclass, field

from crossdock.connectors.files import QUIET_SECONDS


@dataclass(frozen=True, slots=True)
class StandardSettings:
    """Where the files are, and which belong to which feed."""

    folder: str = "."
    """Folder of the mailbox, below the login's own (or the connection's `path`)."""
    files: dict = field(default_factory=dict)
    """File name pattern by feed, as `{orders: "orders_*.csv"}`; default `<feed>*`."""
    archive: str = ""
    """Where a file is moved once it is landed; empty: it stays, and is not read twice."""
    quiet_seconds: float = QUIET_SECONDS
    """How long a file that does not end a line or a list must stand still before it is read; else it is left alone."""
    mapping: dict = field(default_factory=dict)
    """How the partner's own CSV format is read; empty: the files are in the published layout."""
