"""A set's bytes taken apart: segments as lists of elements."""

from __future__ import annotations

from crossdock.edi.x12.model import Delimiters, TransactionSet, text

BLANKS = " \t\r\n\x00\x1a\u00a0"
"""What may stand around segments and is no part of them."""
BINARY = {"BIN": 1, "BDS": 2}
"""Segments whose data may hold any character, and which element says how long they are."""


def segments(given: TransactionSet) -> list[list[str]]:
    """Every segment from ST to SE, `[name, element 1, …]`; blanks around a segment dropped, inside it kept."""
    body = text(given.body)
    delimiters = given.interchange.delimiters
    if "BIN" in body or "BDS" in body:
        return _with_binary(given.body, delimiters)
    return [segment.split(delimiters.element) for segment in _split(body, delimiters.segment)]


def _split(body: str, terminator: str) -> list[str]:
    """Segments of a text. Most files end every segment the same way, which is then split at once."""
    body = body.removesuffix(terminator)
    for ending in (terminator + "\n", terminator + "\r\n", terminator):
        pieces = body.split(ending)
        if (
            len(pieces) > 1
            and len(pieces) - 1 == body.count(terminator)
            and all(pieces)
            and not _is_indented(body, ending)
        ):
            return pieces
    return [piece for piece in (part.strip(BLANKS) for part in body.split(terminator)) if piece]


def _is_indented(body: str, ending: str) -> bool:
    """Whether blanks or further line ends stand before any segment."""
    return any(ending + blank in body for blank in BLANKS)


def _with_binary(body: bytes, delimiters: Delimiters) -> list[list[str]]:
    """The same, minding that binary data may hold the delimiters: its stated length counts bytes."""
    terminator, element = delimiters.segment.encode(), delimiters.element.encode()
    found, at = [], 0
    while at < len(body):
        end = body.find(terminator, at)
        end = len(body) if end < 0 else end
        at += len(body[at:end]) - len(body[at:end].lstrip(b" \t\r\n\x00\x1a"))
        end = max(end, _binary_end(body, at, element))
        if piece := body[at:end]:
            name = text(piece[:3])
            found.append([text(part) for part in piece.split(element, BINARY[name] + 1 if name in BINARY else -1)])
        at = end + len(terminator)
    return found


def _binary_end(body: bytes, start: int, element: bytes) -> int:
    """Where the binary segment at `start` ends by its own word; `start` when there is none."""
    at = BINARY.get(text(body[start : start + 3]))
    parts = body[start : start + 60].split(element, at + 1) if at else []
    if not at or len(parts) < at + 2 or not parts[at].isdigit() or len(parts[at]) > 15:
        return start
    return min(len(body), start + sum(len(part) + 1 for part in parts[: at + 1]) + int(parts[at]))
