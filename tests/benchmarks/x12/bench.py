"""Part 2 of the performance goals: X12. Run as a script; prints a table of ratios to the reference of the same run.

    .venv/bin/python tests/benchmarks/x12/bench.py [megabytes] [interchanges] [rounds]

Cost is CPU seconds (user + system) of a process, less that of the same on a file of one set; median of the rounds, each
round measuring reference and ours one after the other. `elements` is ours too: `crossdock edi read`, every element into
order records, written as JSON to /dev/null.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
CROSSDOCK = Path(sys.executable).with_name("crossdock")
COMMANDS = {
    "reference": [sys.executable, str(HERE / "reference.py")],
    "envelopes": [sys.executable, str(HERE / "envelopes.py")],
    "elements": [str(CROSSDOCK), "edi", "read"],
}
ISA = "ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         *240105*0930*U*00401*{0:09d}*0*P*>~\n"
GS = "GS*PO*BUYER*SELLER*20240105*0930*{0}*X*004010~\n"
TRAILER = "GE*{1}*{0}~\nIEA*1*{0:09d}~\n"


def order(number: int, draw: random.Random) -> str:
    """An 850 of 1 to 30 lines."""
    lines = draw.randint(1, 30)
    body = [
        f"ST*850*{number:09d}", f"BEG*00*SA*PO{number:08d}**20240105", "REF*DP*038", "DTM*002*20240115",
        f"N1*ST*STORE {draw.randint(1, 999)}*9*{draw.randint(10**12, 10**13)}",
        "N3*31875 SOLON RD", "N4*SOLON*OH*44139",
    ]  # fmt: skip
    for line in range(1, lines + 1):
        price = f"{draw.randint(1, 9999) / 100:.2f}"
        ids = f"CB*06{draw.randint(1000, 9999)}-117*VN*AB{draw.randint(1000, 9999)}"
        body += [f"PO1*{line}*{draw.randint(1, 999)}*EA*{price}*TE*{ids}", "PID*F****SMALL WIDGET"]
    body.append(f"CTT*{lines}")
    return "~\n".join([*body, f"SE*{len(body) + 1}*{number:09d}"]) + "~\n"


def one_interchange(size: int) -> Iterator[str]:
    """One interchange of about `size` bytes."""
    draw, count, written = random.Random(1), 0, 0
    yield ISA.format(1) + GS.format(1)
    while written < size:
        count += 1
        text = order(count, draw)
        written += len(text)
        yield text
    yield TRAILER.format(1, count)


def many_interchanges(count: int) -> Iterator[str]:
    """Interchanges of one set each."""
    draw = random.Random(2)
    for number in range(1, count + 1):
        yield ISA.format(number) + GS.format(number) + order(1, draw) + TRAILER.format(number, 1)


def damage(whole: Path, path: Path) -> None:
    """Copy a file; in every block of 100 kB a segment has lost its terminator and a set its right count."""
    draw = random.Random(3)
    with whole.open("rb") as source, path.open("wb") as target:
        while block := source.read(100_000):
            at = block.find(b"~\nPID", draw.randrange(50_000))
            if at > 0:
                block = block[:at] + b"  " + block[at + 2 :]
            if (at := block.find(b"SE*", draw.randrange(50_000))) > 0:
                block = block[: at + 3] + b"9" + block[at + 4 :]
            target.write(block)


def write(path: Path, pieces: Iterator[str]) -> None:
    """A file without ever holding it: a child's peak memory begins with its parent's."""
    with path.open("w") as file:
        file.writelines(pieces)


def cost(command: list[str], path: Path) -> tuple[float, float]:
    """(CPU seconds, peak MB) of one run."""
    process = subprocess.Popen([*command, str(path)], stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(path: Path, small: Path, rounds: int) -> dict[str, tuple[float, float]]:
    """(CPU seconds, peak MB) by command: medians."""
    runs = [{name: (cost(c, path), cost(c, small)[0]) for name, c in COMMANDS.items()} for _ in range(rounds)]
    return {
        name: (statistics.median(r[name][0][0] - r[name][1] for r in runs), max(r[name][0][1] for r in runs))
        for name in COMMANDS
    }


def main(megabytes: int = 62, interchanges: int = 32_000, rounds: int = 3) -> None:
    """Write the files, measure, print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {"one": folder / "one.edi", "many": folder / "many.edi", "damaged": folder / "damaged.edi"}
        write(files["one"], one_interchange(megabytes * 10**6))
        write(files["many"], many_interchanges(interchanges))
        damage(files["one"], files["damaged"])
        small = folder / "small.edi"
        write(small, one_interchange(1))
        print(f"| {'file':8} | {'':9} | CPU s | MB/s |     × | RSS MB |")
        for title, path in files.items():
            found = measure(path, small, rounds)
            for command, (seconds, memory) in found.items():
                speed, ratio = path.stat().st_size / 10**6 / seconds, found["reference"][0] / seconds
                print(f"| {title:8} | {command:9} | {seconds:5.2f} | {speed:4.0f} | {ratio:5.2f} | {memory:6.0f} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
