"""The reader: from blocks of bytes to interchanges, groups and sets, envelopes checked on the way.

It reads forward once, keeps a block and a set in memory, and yields what is complete: each set at its SE, each group at
its GE, each interchange at its IEA; what is still open at the end is closed with the fault that says so. Every byte
belongs to an interchange or is reported as Outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from crossdock.edi.x12.header import CANDIDATE, LONGEST, Header, header_at
from crossdock.edi.x12.index import Index, Indexer, headers_at
from crossdock.edi.x12.model import Event, Outside, text
from crossdock.edi.x12.walk import Walk

BLOCK = 1 << 17
"""Small enough for memory to be used again block after block: larger ones cost page faults, smaller ones calls."""
LONGEST_SEGMENT = 1 << 20
"""Bytes without a terminator that are taken as one damaged segment."""
MARKS = b" \t\r\n\x00\x1a\xef\xbb\xbf\xc2\xa0"
"""What may stand between interchanges without being reported: blanks and byte-order marks."""


def blocks(path: Path, size: int = BLOCK) -> Iterator[bytes]:
    """The bytes of a file, a block at a time."""
    with path.open("rb", buffering=0) as file:
        while block := file.read(size):
            yield block


def read(source: bytes | Iterable[bytes]) -> Iterator[Event]:
    """Everything in `source`: bytes, or blocks of them. Never raises for any bytes whatever."""
    return Reader().read([source] if isinstance(source, bytes) else source)


class Reader:
    """What is known between two blocks. Use `read`."""

    def __init__(self) -> None:
        self._buffer = b""
        self._base = 0
        """Offset in the file of the buffer's first byte."""
        self._at = 0
        """What of the buffer is not used yet."""
        self._is_wrapped = False
        self._indexer: Indexer | None = None
        """None outside of interchanges, where the delimiters are not known."""
        self._walk = Walk()
        self._lost_from = self._lost_count = 0
        self._lost = b""

    def read(self, source: Iterable[bytes]) -> Iterator[Event]:
        """All events of all blocks."""
        for block in source:
            self._feed(block)
            self._advance(is_last=False)
            yield from self._walk.take()
        self._advance(is_last=True)
        self._walk.finish(self._buffer, self._base)
        self._report_outside()
        yield from self._walk.take()

    def _feed(self, block: bytes) -> None:
        if self._is_wrapped:
            block = block.translate(None, b"\r\n")
        self._walk.keep_open_set(self._buffer, self._at)
        self._base += self._at
        self._buffer = self._buffer[self._at :] + block
        self._at = 0

    def _advance(self, *, is_last: bool) -> None:
        """Use up as much of the buffer as can be."""
        while self._at < len(self._buffer):
            before = self._at, self._indexer
            if self._walk.binary_left:
                self._at += self._walk.skip_binary(len(self._buffer) - self._at)
            elif self._indexer is None:
                self._seek(is_last=is_last)
            elif not self._scan(is_last=is_last):
                return
            if (self._at, self._indexer) == before:
                return

    def _seek(self, *, is_last: bool) -> None:
        """Find the next ISA; what stands before it belongs to nothing."""
        buffer, limit = self._buffer, len(self._buffer)
        for match in CANDIDATE.finditer(buffer, self._at):
            at = match.start()
            if at + LONGEST > limit and not is_last:
                self._lose(at)
                return
            if (header := header_at(buffer, at)) is not None:
                self._lose(at)
                self._report_outside()
                self._open(header)
                return
        self._lose(limit if is_last else max(self._at, limit - 3))

    def _lose(self, end: int) -> None:
        lost = self._buffer[self._at : end]
        if self._lost_count or lost.strip(MARKS):
            if not self._lost_count:
                self._lost_from = self._base + self._at
            self._lost_count += len(lost)
            self._lost += lost[: max(0, 200 - len(self._lost))]
        elif lost.lstrip(b" \t\r\n").startswith(b"\xef\xbb\xbf"):
            self._walk.notes.append("a byte-order mark before ISA")
        self._at = end

    def _report_outside(self) -> None:
        if self._lost_count:
            self._walk.out.append(Outside(self._lost_from, self._lost_count, text(self._lost)))
        self._lost_count, self._lost = 0, b""

    def _open(self, header: Header) -> None:
        """Take the delimiters of an ISA; the scan that follows meets it as its first segment."""
        if header.is_wrapped and not self._is_wrapped:
            self._is_wrapped = True
            self._buffer = self._buffer[: header.start] + self._buffer[header.start :].translate(None, b"\r\n")
            header = header_at(self._buffer, header.start)
            self._walk.notes.append("lines wrapped at a fixed width")
        self._at = header.start
        self._indexer = Indexer(header.delimiters.element.encode(), header.terminator)
        self._walk.use(header)

    def _scan(self, *, is_last: bool) -> bool:
        """Go through the segments of the buffer's unused part; whether more than part of a segment can be left."""
        buffer, start = self._buffer, self._at
        index = self._indexer.index(buffer, start, is_last=is_last)
        cut = self._glued(index, is_last=is_last)
        if cut is not None:
            index = self._indexer.index(buffer[:cut], start, is_last=True)
        elif not len(index.ends) and len(buffer) - start > LONGEST_SEGMENT:
            index = self._indexer.index(buffer, start, is_last=True)
        stopped_at = self._walk.through(buffer, self._base, index)
        if stopped_at is not None:
            self._at = stopped_at
            if not self._walk.binary_left:
                self._indexer = None
        elif cut is not None:
            self._at, self._indexer = cut, None
        elif len(index.ends):
            self._at = min(int(index.ends[-1]) + len(self._indexer.terminator), len(buffer))
            return is_last or len(buffer) - self._at > LONGEST_SEGMENT
        return True

    def _glued(self, index: Index, *, is_last: bool) -> int | None:
        """Where another ISA begins in the middle of a segment, a terminator having been lost; None nearly always."""
        buffer = self._buffer
        found = headers_at(buffer, self._at + 3)
        known = index.starts[index.controls]
        if len(known):
            found = found[known.take(known.searchsorted(found), mode="clip") != found]
        for at in found.tolist():
            if (
                (at + LONGEST <= len(buffer) or is_last)
                and CANDIDATE.match(buffer, at)
                and header_at(buffer, at, glued=True)
            ):
                return at
        return None
