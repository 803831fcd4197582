"""Named steps with elapsed seconds, for installing and starting. Standard library only: it runs before any package."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StepFailed(Exception):
    """A step went wrong. Printed as the step, the reason, the log and the mend."""

    def __init__(self, reason: str, *, log: Path | None = None, mend: str = "") -> None:
        super().__init__(reason)
        self.log = log
        self.mend = mend


def _tick(name: str, started: float, done: threading.Event) -> None:
    """On a terminal, rewrite the line each second; elsewhere say once a quarter minute that it still runs."""
    interactive = sys.stderr.isatty()
    while not done.wait(1 if interactive else 15):
        seconds = time.monotonic() - started
        text = f"\r  … {name} ({seconds:.0f} s)" if interactive else f"  … {name}: still at it after {seconds:.0f} s\n"
        sys.stderr.write(text)
        sys.stderr.flush()


def _say(line: str) -> None:
    lead = "\r\x1b[K" if sys.stderr.isatty() else ""
    sys.stderr.write(f"{lead}{line}\n")
    sys.stderr.flush()


@contextmanager
def step(name: str) -> Iterator[None]:
    """Show `name` while the body runs and its seconds when it ends; on an error name the step and re-raise."""
    started, done = time.monotonic(), threading.Event()
    ticker = threading.Thread(target=_tick, args=(name, started, done), daemon=True)
    ticker.start()
    try:
        yield
    except BaseException:
        _finish(done, ticker)
        _say(f"  ✗ {name} failed after {time.monotonic() - started:.1f} s")
        raise
    _finish(done, ticker)
    _say(f"  ✓ {name} ({time.monotonic() - started:.1f} s)")


def _finish(done: threading.Event, ticker: threading.Thread) -> None:
    done.set()
    ticker.join()


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented for a terminal; empty when there is none."""
    if not log.exists():
        return ""
    with log.open("rb") as handle:
        handle.seek(0, 2)
        handle.seek(max(0, handle.tell() - 20_000))
        text = handle.read().decode(errors="replace")
    return "\n".join(f"      {line}" for line in text.splitlines()[-lines:])


def explain(error: StepFailed) -> str:
    """What a person needs after a failed step: reason, end of the log, where the log is, what to do."""
    parts = [f"  {error}"]
    if error.log:
        parts += [tail(error.log), f"  log:  {error.log}"]
    if error.mend:
        parts.append(f"  mend: {error.mend}")
    return "\n".join(part for part in parts if part)
