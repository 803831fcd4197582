"""X12 written for tests, by hand and not by the writer under test."""

from __future__ import annotations

ISA = "ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         *240105*0930*U*00401*{number}*1*P*>"
ORDER = (
    "BEG*00*NE*PO778**20240105", "CUR*BY*USD", "REF*DP*038", "DTM*002*20240115",
    "N1*ST*Acme Store 12*92*0012", "N3*1 Dock Road", "N4*Reno*NV*89501*US",
    "PO1*1*12*EA*9.25**VP*VP4001", "PID*F****Small widget",
    "PO1*2*6*CA*110.5**VP*VP4002", "PID*F****Big widget", "CTT*2",
)  # fmt: skip


def interchange(
    *sets: tuple[str, tuple[str, ...]],
    number: str = "000000123",
    group: str = "PO",
    iea: str | None = None,
    terminator: str = "~\n",
    header: str = ISA,
) -> bytes:
    """ISA … IEA with one group of sets, each (type, segments between ST and SE); counts are right."""
    lines = [header.format(number=number), f"GS*{group}*BUYER*SELLER*20240105*0930*77*X*004010"]
    for ordinal, (kind, body) in enumerate(sets, 1):
        lines += [f"ST*{kind}*{ordinal:04d}", *body, f"SE*{len(body) + 2}*{ordinal:04d}"]
    lines += [f"GE*{len(sets)}*77", iea or f"IEA*1*{number}"]
    return "".join(line + terminator for line in lines).encode()


def purchase_order(*body: str, **given: object) -> bytes:
    """An interchange with one 850."""
    return interchange(("850", body or ORDER), **given)
