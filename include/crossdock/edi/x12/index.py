"""Where segments begin and end in a buffer, and which of them make the envelope: numpy, no loop over segments."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

LINE_ENDS = (0x0D, 0x0A)
BLANKS = (0x00, 0x09, *LINE_ENDS, 0x1A, 0x20, 0xA0, 0xC2, 0xEF, 0xBB, 0xBF)
"""Bytes that may stand before a segment: blanks, line ends, parts of a no-break space or byte-order mark."""
BLANK, LETTER = 1, 2
"""Kinds of bytes at which a segment may seem to begin: none of its own, and the first of an envelope's name."""
IS, SA = (int.from_bytes(pair, sys.byteorder) for pair in (b"IS", b"SA"))


@dataclass(frozen=True, slots=True)
class Index:
    """The segments of a buffer, blank ones left out."""

    starts: np.ndarray
    ends: np.ndarray
    """Where the terminator stands."""
    controls: np.ndarray
    """Which of them open, close or report envelopes, or hold binary data."""
    is_lined: bool
    """Whether a terminator and a line feed, and nothing else, stand before each but the first."""


class Indexer:
    """Finds segments for one choice of delimiters."""

    def __init__(self, element: bytes, terminator: bytes) -> None:
        self.terminator = terminator
        names = [b"ISA", b"IEA", b"TA1", b"BIN", b"BDS"]
        names += [name + end for name in (b"GS", b"GE", b"ST", b"SE") for end in (element, terminator[:1])]
        self._keys = np.array(sorted({int.from_bytes(name[:3], "big") for name in names}))
        self._kinds = np.zeros(256, dtype=np.uint8)
        self._kinds[[name[0] for name in names]] = LETTER
        self._kinds[[*BLANKS, terminator[0]]] = BLANK

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
        return self._named(bytes_, starts, ends)

    def _terminators(self, bytes_: np.ndarray, start: int) -> np.ndarray:
        ends = np.flatnonzero(bytes_[start:] == self.terminator[0])
        ends += start
        for place, byte in enumerate(self.terminator[1:], 1):
            ends = ends[ends + place < len(bytes_)]
            ends = ends[bytes_[ends + place] == byte]
        return ends

    def _named(self, bytes_: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> Index:
        """The index of segments that still have blanks before them, or are blank."""
        firsts = bytes_[starts]
        for ending in LINE_ENDS:
            found = firsts == ending
            if ending != self.terminator[0] and found[1:].all():  # before each but perhaps the first: most files
                starts += found
                firsts = bytes_.take(starts, mode="clip")
        kinds = self._kinds[firsts]
        behind = np.flatnonzero(kinds == BLANK)
        is_clean = not len(behind) and len(ends) > 0 and starts[-1] < ends[-1]
        is_lined = bool(is_clean and len(ends) > 1 and starts[1] == ends[0] + len(self.terminator) + 1)
        if not is_clean:
            _skip_blanks(bytes_, starts, ends, behind)
            filled = starts < ends
            starts, ends = starts[filled], ends[filled]
            kinds = self._kinds[bytes_[starts]]
        likely = np.flatnonzero(kinds == LETTER)
        at = starts[likely]
        keys = np.zeros(len(at), dtype=np.int64)
        for place in range(3):
            keys <<= 8
            keys |= bytes_.take(at + place, mode="clip")
        found = self._keys.take(self._keys.searchsorted(keys), mode="clip") == keys
        found &= at + 2 < len(bytes_)
        return Index(starts, ends, likely[found], is_lined and bytes_[starts[1] - 1] == LINE_ENDS[1])


def _skip_blanks(bytes_: np.ndarray, starts: np.ndarray, ends: np.ndarray, behind: np.ndarray) -> None:
    """Move those `starts` that are `behind` over blanks, never past `ends`."""
    is_blank = np.zeros(256, dtype=bool)
    is_blank[list(BLANKS)] = True
    while len(behind := behind[starts[behind] < ends[behind]]):
        behind = behind[is_blank[bytes_[starts[behind]]]]
        starts[behind] += 1


def headers_at(buffer: bytes, start: int) -> np.ndarray:
    """Where ISA is read from `start` on, at the beginning of segments or not. Looks at two bytes at a time."""
    pairs = np.frombuffer(buffer, dtype=np.uint16, count=len(buffer) // 2)
    found = np.flatnonzero((pairs == IS) | (pairs == SA))
    at = 2 * found - (pairs[found] == SA)
    bytes_ = np.frombuffer(buffer, dtype=np.uint8)
    first, last = bytes_.take(at, mode="clip"), bytes_.take(at + 2, mode="clip")
    return at[(at >= start) & (at + 2 < len(buffer)) & (first == ord("I")) & (last == ord("A"))]
