"""Where segments begin and end in a buffer, and which of them make the envelope: numpy, no loop over segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BLANKS = np.zeros(256, dtype=bool)
BLANKS[[0x00, 0x09, 0x0A, 0x0D, 0x1A, 0x20, 0xA0, 0xC2, 0xEF, 0xBB, 0xBF]] = True
"""Bytes that may stand before a segment: blanks, line ends, parts of a no-break space or byte-order mark."""


def _key(name: bytes) -> int:
    return name[0] << 16 | name[1] << 8 | name[2]


@dataclass(frozen=True, slots=True)
class Index:
    """The segments of a buffer, blank ones left out."""

    starts: np.ndarray
    ends: np.ndarray
    """Where the terminator stands."""
    controls: list[int]
    """Which of them open, close or report envelopes, or hold binary data."""


class Indexer:
    """Finds segments for one choice of delimiters."""

    def __init__(self, element: bytes, terminator: bytes) -> None:
        self.terminator = terminator
        names = [b"ISA", b"IEA", b"TA1", b"BIN", b"BDS"]
        short = [name + end for name in (b"GS", b"GE", b"ST", b"SE") for end in (element, terminator[:1])]
        self._keys = sorted({_key(name) for name in names + short})
        self._firsts = np.zeros(256, dtype=bool)
        self._firsts[[name[0] for name in names + short]] = True

    def index(self, buffer: bytes, start: int, *, is_last: bool) -> Index:
        """The whole segments from `start` on; where `is_last`, what follows the last terminator is one too."""
        bytes_ = np.frombuffer(buffer, dtype=np.uint8)
        ends = self._terminators(bytes_, start)
        starts = np.empty(len(ends) + 1, dtype=np.int64)
        starts[0] = start
        np.add(ends, len(self.terminator), out=starts[1:])
        if is_last and starts[-1] < len(buffer):
            ends = np.append(ends, len(buffer))
        else:
            starts = starts[:-1]
        starts = _after_blanks(bytes_, starts, ends)
        if len(starts) and not (filled := starts < ends).all():
            starts, ends = starts[filled], ends[filled]
        return Index(starts, ends, self._controls(bytes_, starts))

    def _terminators(self, bytes_: np.ndarray, start: int) -> np.ndarray:
        ends = np.flatnonzero(bytes_[start:] == self.terminator[0])
        ends += start
        for place, byte in enumerate(self.terminator[1:], 1):
            ends = ends[ends + place < len(bytes_)]
            ends = ends[bytes_[ends + place] == byte]
        return ends

    def _controls(self, bytes_: np.ndarray, starts: np.ndarray) -> list[int]:
        likely = np.flatnonzero(self._firsts[bytes_[starts]])
        at = starts[likely]
        inside = at + 2 < len(bytes_)
        likely, at = likely[inside], at[inside]
        keys = bytes_[at].astype(np.uint32) << 16 | bytes_[at + 1].astype(np.uint32) << 8 | bytes_[at + 2]
        found = keys == self._keys[0]
        for key in self._keys[1:]:
            found |= keys == key
        return likely[found].tolist()


def _after_blanks(bytes_: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """`starts` moved over blanks, never past `ends`."""
    if not len(starts):
        return starts
    if (BLANKS[bytes_[starts[1:]]] & (starts[1:] < ends[1:])).all():  # a line end before each, as most files have
        starts[1:] += 1
    behind = np.flatnonzero(BLANKS[bytes_[np.minimum(starts, len(bytes_) - 1)]] & (starts < ends))
    while len(behind):
        starts[behind] += 1
        behind = behind[starts[behind] < ends[behind]]
        behind = behind[BLANKS[bytes_[starts[behind]]]]
    return starts
