"""What a partner may set for its X12 mailbox; the trading partner agreement in short."""

from __future__ import annotations

from dataclasses import dataclass, field

from crossdock.connectors.files import QUIET_SECONDS


@dataclass(frozen=True, slots=True)
class X12Settings:
    """Where files are, what clock they keep, and which of the product ids is the item."""

    folder: str = "outbound"
    """Folder of the mailbox that they write to and we read."""
    files: str = "*"
    """File name pattern."""
    archive: str = ""
    """Where a file is moved once it is landed; empty: it stays, and is not read twice."""
    quiet_seconds: float = QUIET_SECONDS
    """How long a file that does not end in IEA must stand still before it is read as it is; else it is left alone."""
    time_zone: str = "UTC"
    """Zone of the dates and times in ISA and GS."""
    sku_qualifiers: tuple[str, ...] = field(default=("VP", "VN", "SK", "UP", "UK", "EN", "MG", "BP", "IN", "PI"))
    """Which product id of a line (PO106, PO108, …) is the item, first found wins."""
