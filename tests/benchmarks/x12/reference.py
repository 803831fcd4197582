"""The reference of part 2: 1 MB blocks, every element split, control numbers and counts checked. Argument: a file."""

from __future__ import annotations

import sys

BLOCK = 1 << 20


def check(path: str) -> tuple[int, int]:
    """(sets, faults) of a file of right or slightly damaged interchanges."""
    sets = faults = position = groups = group_sets = 0
    isa13 = gs06 = st02 = tail = b""
    with open(path, "rb", buffering=0) as file:
        while block := file.read(BLOCK):
            parts = (tail + block).split(b"~")
            tail = parts.pop()
            for part in parts:
                elements = part.strip().split(b"*")
                position += 1
                name = elements[0]
                if name == b"ISA":
                    isa13, groups = elements[13], 0
                elif name == b"GS":
                    gs06, group_sets, groups = elements[6], 0, groups + 1
                elif name == b"ST":
                    st02, position, group_sets = elements[2], 1, group_sets + 1
                elif name == b"SE":
                    faults += (elements[2] != st02) + (int(elements[1]) != position)
                    sets += 1
                elif name == b"GE":
                    faults += (elements[2] != gs06) + (int(elements[1]) != group_sets)
                elif name == b"IEA":
                    faults += (elements[2] != isa13) + (int(elements[1]) != groups)
    return sets, faults


if __name__ == "__main__":
    print(*check(sys.argv[1]))
