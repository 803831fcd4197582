"""From segment to segment of the envelope: what opens and closes what, and what does not add up.

Only the segments that make envelopes are looked at one by one; those of the sets are counted by the index.
"""

from __future__ import annotations

from dataclasses import replace

from crossdock.edi.x12 import faults
from crossdock.edi.x12.header import Header, check, header_at, plainly_right
from crossdock.edi.x12.index import Index
from crossdock.edi.x12.model import Delimiters, Event, Group, Interchange, TransactionSet, text

LONGEST_SET = 64 << 20
"""Bytes of a set that are kept; of a longer one only the envelope is checked."""
STRAYS = 100
SERVICE = frozenset({"ISB", "ISE", "TA3"})
"""Segments that may follow ISA and ask for or report services: kept, not judged."""


class Walk:
    """What is open now, and the events that are complete. `through` is called for each index of segments."""

    def __init__(self) -> None:
        self.out: list[Event] = []
        self.notes: list[str] = []
        """What was tolerated before the next ISA."""
        self.binary_left = 0
        self._interchange: Interchange | None = None
        self._group: Group | None = None
        self._set: TransactionSet | None = None
        self._parts: list[bytes] = []
        self._kept = 0
        self._set_start = 0
        self._ordinal = 0
        self._before = 0
        """Segments of the file before this index."""
        self._buffer = b""
        self._base = 0
        self._stop: int | None = None
        self._handlers = {
            b"ST": self._st, b"SE": self._se, b"GS": self._gs, b"GE": self._ge,
            b"IS": self._isa, b"IE": self._iea, b"TA": self._ta1, b"BI": self._binary, b"BD": self._binary,
        }  # fmt: skip

    def use(self, header: Header) -> None:
        """Read on with the delimiters of this ISA."""
        self._delimiters: Delimiters = header.delimiters
        self._separator = header.delimiters.element.encode()
        self._terminator = header.terminator
        self._length = len(header.terminator)
        self._plain = plainly_right(self._separator)
        self._opening = self._closing = b""

    def take(self) -> list[Event]:
        """The events complete so far, handed over."""
        out, self.out = self.out, []
        return out

    def keep_open_set(self, buffer: bytes, end: int) -> None:
        """Put the open set's bytes by, up to `end`: the buffer is about to move."""
        if self._set is not None:
            self._keep(buffer[self._set_start : end])
            self._set_start = 0

    def _keep(self, part: bytes) -> None:
        self._kept += len(part)
        if self._kept <= LONGEST_SET:
            self._parts.append(part)

    def skip_binary(self, available: int) -> int:
        """How many of the available bytes belong to a binary segment."""
        step = min(self.binary_left, available)
        self.binary_left -= step
        return step

    def through(self, buffer: bytes, base: int, index: Index) -> int | None:
        """Walk. The place in the buffer where reading has to start anew, or None when all was used."""
        self._buffer, self._base, self._stop, self._is_lined = buffer, base, None, index.is_lined
        controls = index.controls.tolist()
        begins, ends = index.starts[index.controls].tolist(), index.ends[index.controls].tolist()
        handlers, expected, at, last = self._handlers, 0, 0, len(controls)
        while at < last:
            number, start = controls[at], begins[at]
            if number != expected and self._set is None and self._stray(index, expected, number):
                return self._stop
            name = buffer[start : start + 2]
            if name == b"ST" and self._set is None and self._group is not None:
                taken = self._whole_sets(at, controls, begins, ends)
                if taken != at:
                    at, expected = taken, controls[taken - 1] + 1
                    continue
            elif self._interchange is None:
                if name != b"IS":
                    self._before += number
                    return start
                taken = self._whole_interchanges(at, controls, begins, ends)
                if taken != at:
                    at, expected = taken, controls[taken - 1] + 1
                    continue
            handlers[name](number, start, ends[at])
            expected = number + 1
            at += 1
            if self._stop is not None:
                self._before += expected if self.binary_left else number
                return self._stop
        if expected < len(index.starts) and self._set is None and self._stray(index, expected, len(index.starts)):
            return self._stop
        self._before += len(index.starts)
        return None

    def _whole_sets(self, at: int, controls: list[int], begins: list[int], ends: list[int]) -> int:
        """Take the sets from `at` on that are plainly right, as nearly all are; where to go on.

        What is done here is what `_st` and `_se` do, without looking for faults.
        """
        buffer, separator, group, current = self._buffer, self._separator, self._group, self._interchange
        before, base, last = self._before, self._base, len(controls) - 1
        numbers = group.numbers = group.numbers or set()
        expected = controls[at]
        while at < last and controls[at] == expected:
            start, close = begins[at], ends[at + 1]
            st = buffer[start : ends[at]].split(separator)
            if len(st) != 3 or st[0] != b"ST" or len(st[1]) != 3 or not 3 < len(st[2]) < 10 or st[2] in numbers:
                break
            count = controls[at + 1] - expected + 1
            if buffer[begins[at + 1] : close] != b"SE%b%d%b%b" % (separator, count, separator, st[2]):
                break
            numbers.add(st[2])
            current.sets_count += 1
            group.sets_count += 1
            taken = TransactionSet(current, group, st, current.sets_count, before + expected, base + start)
            taken.segments_count = count
            taken.is_lined = self._is_lined
            taken.body = buffer[start : close + self._length]
            self.out.append(taken)
            expected += count
            at += 2
        return at

    def _whole_interchanges(self, at: int, controls: list[int], begins: list[int], ends: list[int]) -> int:
        """Take the interchanges of one group and one set from `at` on that are plainly right; where to go on.

        What is done here is what the methods below do, without looking for faults: partners send many of these.
        """
        if self.notes:
            return at
        buffer, separator, base, before = self._buffer, self._separator, self._base, self._before
        opening, closing, out = self._opening, self._closing, self.out
        delimiters, length, ordinal, is_lined = self._delimiters, self._length, self._ordinal, self._is_lined
        last, expected = len(controls) - 5, controls[at]
        trailer = self._trailers(buffer[ends[at + 3] : begins[at + 4]]) if at < last else b""
        while at < last:
            st_at, se_at = controls[at + 2], controls[at + 3]
            start, gs_start, st_start, se_start = begins[at : at + 4]
            if controls[at] != expected or st_at != expected + 2 or controls[at + 5] != se_at + 2:
                break
            isa = buffer[start : ends[at]]
            number = isa[90:99]
            if isa[:90] != opening or isa[99:] != closing or not number.isdigit():
                if self._plain.fullmatch(isa) is None:
                    break
                opening, closing = isa[:90], isa[99:]
            gs = buffer[gs_start : ends[at + 1]].split(separator)
            st = buffer[st_start : ends[at + 2]].split(separator)
            if len(gs) != 9 or gs[0] != b"GS" or not gs[6].isdigit() or not gs[1].isalnum():
                break
            if len(st) != 3 or st[0] != b"ST" or len(st[1]) != 3 or not 3 < len(st[2]) < 10:
                break
            count, end = se_at - st_at + 1, ends[at + 5]
            if buffer[se_start:end] != trailer % (count, st[2], gs[6], number):
                break
            ordinal += 1
            taken = Interchange(isa, delimiters, base + start, ordinal, before + expected)
            taken.groups_count = taken.sets_count = 1
            taken.segments_count = count + 4
            taken.end = base + end + (length if end < len(buffer) else 0)
            group = Group(taken, gs, 1, 2)
            group.sets_count = 1
            only = TransactionSet(taken, group, st, 1, before + st_at, base + st_start)
            only.segments_count = count
            only.is_lined = is_lined
            only.body = buffer[st_start : ends[at + 3] + length]
            out += (only, group, taken)
            expected += count + 4
            at += 6
        self._opening, self._closing, self._ordinal = opening, closing, ordinal
        return at

    def _trailers(self, ending: bytes) -> bytes:
        """SE, GE and IEA of an interchange of one set, to be compared with; `ending` stands between segments."""
        separator, ending = (part.replace(b"%", b"%%") for part in (self._separator, ending))
        segments = ((b"SE", b"%d", b"%b"), (b"GE", b"1", b"%b"), (b"IEA", b"1", b"%b"))
        return ending.join(separator.join(segment) for segment in segments)

    def _position(self, number: int) -> int:
        """Of a segment in its interchange, ISA = 1."""
        return self._before + number - self._interchange.first + 1

    def _stray(self, index: Index, first: int, after: int) -> bool:
        """Segments outside of any set: kept, and a fault unless they ask for services.

        Outside of any interchange reading has to start anew there: true then.
        """
        if self._interchange is None:
            self._before += first
            self._stop = int(index.starts[first])
            return True
        for number in range(first, after):
            segment = self._buffer[int(index.starts[number]) : int(index.ends[number])].split(self._separator)
            name = text(segment[0])[:20]
            if len(self._interchange.strays) < STRAYS:
                self._interchange.strays += ([text(e) for e in segment],)
            else:
                break
            if name not in SERVICE and len(self._interchange.faults) < STRAYS:
                self._interchange.faults += (faults.stray(self._position(number), name),)
        return False

    # -- interchange ------------------------------------------------------------------------------------------------

    def _isa(self, number: int, start: int, end: int) -> None:
        segment = self._buffer[start:end]
        is_plain = self._plain.fullmatch(segment) is not None
        if not is_plain:
            header = header_at(self._buffer, start)
            if header is None:
                if self._interchange is None:
                    self._stop = start
                    return
                self._misplaced(number, "ISA", "is not an interchange header", segment)
                return
            if (header.delimiters.element, header.terminator) != (self._delimiters.element, self._terminator):
                self._stop = start
                return
        first = self._before + number
        self._close_interchange(start, first)
        self._ordinal += 1
        opened = Interchange(segment, self._delimiters, self._base + start, self._ordinal, first)
        self._interchange = opened
        self._number = segment[90:99]
        if self.notes:
            opened.notes, self.notes = tuple(self.notes), []
        if not is_plain:
            self._judge(opened)

    def _judge(self, opened: Interchange) -> None:
        """Look at an ISA that is not plainly right; no-break spaces as padding are tolerated."""
        opened.isa = opened.isa.rstrip(b" \t\r\n") if self._terminator in (b"\r", b"\n") else opened.isa
        if any("\u00a0" in value for value in opened.raw):
            opened.notes += ("no-break spaces as padding",)
        opened.delimiters = replace(self._delimiters, component=(opened.raw[15:] or [""])[0][:1])
        self._number = opened.raw[12].encode()
        opened.faults += tuple(check(opened.raw, opened.delimiters))

    def _iea(self, number: int, start: int, end: int) -> None:
        current = self._interchange
        self._close_group(number, start)
        segment = self._buffer[start:end]
        if segment != b"IEA%b%d%b%b" % (self._separator, current.groups_count, self._separator, self._number):
            self._judge_trailer(current, segment.split(self._separator), self._position(number))
        self._finish_interchange(end + self._length, self._before + number + 1)

    def _judge_trailer(self, current: Interchange, parts: list[bytes], position: int) -> None:
        count, given = self._pair(parts)
        header = current.control_number
        if given != header:
            if given.lstrip("0") != header.lstrip("0") or not given:
                current.faults += (faults.interchange_number(position, given, header),)
            else:
                current.faults += (faults.interchange_number_form(position, given),)
        if not count.isdigit() or int(count) != current.groups_count:
            current.faults += (faults.groups_count(position, count, current.groups_count),)
        if len(parts) > 3:
            current.faults += (faults.misplaced(position, "IEA", "has more than two elements"),)

    @staticmethod
    def _pair(parts: list[bytes]) -> tuple[str, str]:
        """The two elements of a trailer, empty where it is too short."""
        return (
            text(parts[1]).strip() if len(parts) > 1 else "",
            text(parts[2]).strip() if len(parts) > 2 else "",
        )

    def _close_interchange(self, end: int, before: int) -> None:
        """Close one that has no IEA."""
        if self._interchange is not None:
            number = before - self._before
            self._close_group(number, end)
            self._interchange.faults += (faults.no_interchange_trailer(self._position(number)),)
            self._finish_interchange(end, before)

    def _finish_interchange(self, end: int, before: int) -> None:
        current = self._interchange
        current.end = self._base + end
        current.segments_count = before - current.first
        self.out.append(current)
        self._interchange = None

    def finish(self, buffer: bytes, base: int) -> None:
        """The end of the file: close what is open."""
        self._buffer, self._base = buffer, base
        self._close_interchange(len(buffer), self._before)

    def _ta1(self, number: int, start: int, end: int) -> None:
        segment = self._buffer[start:end].split(self._separator)
        if segment[0] != b"TA1":
            if self._set is None:
                self._misplaced(number, text(segment[0])[:20], "stands outside of a transaction set", b"")
            return
        self._interchange.reports += ([text(e).strip() for e in segment],)

    def _misplaced(self, number: int, name: str, reason: str, segment: bytes) -> None:
        current = self._interchange
        if len(current.faults) < STRAYS:
            current.faults += (faults.misplaced(self._position(number), name, reason),)
            current.strays += ([text(e) for e in segment.split(self._separator)],)

    # -- group ------------------------------------------------------------------------------------------------------

    def _gs(self, number: int, start: int, end: int) -> None:
        self._close_group(number, start)
        current = self._interchange
        current.groups_count += 1
        parts = self._buffer[start:end].split(self._separator)
        position = self._position(number)
        self._group = Group(current, parts, current.groups_count, position)
        if len(parts) != 9 or not parts[6].strip().isdigit() or not parts[1].isalnum():
            fault = faults.group_header(position, parts)
            current.faults += (fault,)

    def _ge(self, number: int, start: int, end: int) -> None:
        group = self._group
        segment = self._buffer[start:end]
        if group is None:
            self._misplaced(number, "GE", "closes a functional group that was not opened", segment)
            return
        self._close_set(number, start)
        if segment != b"GE%b%d%b%b" % (self._separator, group.sets_count, self._separator, b"".join(group.gs[6:7])):
            self._judge_group(group, self._pair(segment.split(self._separator)), self._position(number))
        self._finish_group()

    def _judge_group(self, group: Group, trailer: tuple[str, str], position: int) -> None:
        count, given = trailer
        group.stated_sets = count
        if given.lstrip("0") != group.control_number.lstrip("0") or not given:
            group.faults += (faults.group_number(position, given, group.control_number),)
        if not count.isdigit() or int(count) != group.sets_count:
            group.faults += (faults.sets_count(position, count, group.sets_count),)

    def _close_group(self, number: int, end: int) -> None:
        """Close one that has no GE."""
        if self._group is not None:
            self._close_set(number, end)
            self._group.faults += (faults.no_group_trailer(self._position(number)),)
            self._finish_group()
        elif self._set is not None:
            self._close_set(number, end)

    def _finish_group(self) -> None:
        self._group.numbers = None
        self.out.append(self._group)
        self._group = None

    # -- set --------------------------------------------------------------------------------------------------------

    def _st(self, number: int, start: int, end: int) -> None:
        if self._set is not None:
            self._close_set(number, start)
        current, group = self._interchange, self._group
        current.sets_count += 1
        parts = self._buffer[start:end].split(self._separator)
        opened = TransactionSet(current, group, parts, current.sets_count, self._before + number, self._base + start)
        self._set, self._set_start = opened, start
        control = parts[2] if len(parts) > 2 else b""
        if len(parts) < 3 or len(parts[1]) != 3 or not 4 <= len(control) <= 9:
            self._judge_header(opened)
        if group is None:
            current.faults += (
                faults.misplaced(opened.position, "ST", "transaction set outside of a functional group"),
            )
            return
        group.sets_count += 1
        if control in (group.numbers or ()):
            opened.faults += (faults.set_number_twice(opened.control_number),)
        group.numbers = group.numbers or set()
        group.numbers.add(control)

    @staticmethod
    def _judge_header(opened: TransactionSet) -> None:
        if len(opened.set_type) != 3:
            opened.faults += (faults.no_set_type(opened.set_type),)
        if not 4 <= len(opened.control_number) <= 9:
            opened.faults += (faults.no_set_number(opened.control_number),)

    def _se(self, number: int, start: int, end: int) -> None:
        opened = self._set
        segment = self._buffer[start:end]
        if opened is None:
            self._misplaced(number, "SE", "closes a transaction set that was not opened", segment)
            return
        count = self._before + number - opened.first + 1
        if segment != b"SE%b%d%b%b" % (self._separator, count, self._separator, b"".join(opened.st[2:3])):
            stated, given = self._pair(segment.split(self._separator))
            if given.lstrip("0") != opened.control_number.lstrip("0") or not given:
                opened.faults += (faults.set_number(count, given, opened.control_number),)
            if not stated.isdigit() or int(stated) != count:
                opened.faults += (faults.segments_count(count, stated, count),)
        self._finish_set(count, min(end + self._length, len(self._buffer)))

    def _close_set(self, number: int, end: int) -> None:
        """Close one that has no SE. `end` is where the next segment begins."""
        if self._set is not None:
            count = self._before + number - self._set.first
            self._set.faults += (faults.no_set_trailer(count + 1),)
            self._finish_set(count, end)

    def _finish_set(self, count: int, end: int) -> None:
        opened = self._set
        opened.segments_count = count
        if self._parts or self._kept:
            self._keep(self._buffer[self._set_start : end])
            opened.body = b"".join(self._parts) if self._kept <= LONGEST_SET else b""
            if not opened.body:
                opened.faults += (faults.too_long(LONGEST_SET),)
            self._parts, self._kept = [], 0
        else:
            opened.body = self._buffer[self._set_start : end]
        self.out.append(opened)
        self._set = None

    def _binary(self, number: int, start: int, end: int) -> None:
        """A binary segment: its data may hold any byte, so its stated length says where it ends."""
        at = {b"BIN": 1, b"BDS": 2}.get(self._buffer[start : start + 3])
        parts = self._buffer[start : start + 60].split(self._separator, at + 1) if at else []
        if not at or len(parts) < at + 2 or not parts[at].isdigit() or len(parts[at]) > 15:
            return
        data_end = start + sum(len(part) + 1 for part in parts[: at + 1]) + int(parts[at])
        if data_end > end:
            self.binary_left = data_end - end
            self._stop = end
