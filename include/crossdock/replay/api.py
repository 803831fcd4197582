"""What the command line and the DAG call: look what a replay would change, carry it out, let go what it held."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field

import psycopg

from crossdock.core import log
from crossdock.core.errors import CrossdockError, Refused
from crossdock.db.connect import connect
from crossdock.lanes import models
from crossdock.replay import journal, which
from crossdock.replay.batch import Batches, Done
from crossdock.replay.batches import AT_ONCE, Batch, cut
from crossdock.replay.effects import Effects
from crossdock.replay.which import Where

__all__ = ["Report", "found", "let_go", "preview", "replay"]

logger = log.get("replay")
SOURCES = ("records", "documents")
found, let_go = journal.found, journal.let_go


@dataclass(slots=True)
class Report:
    """What a replay did, or would do. `plan` names the effects; seconds are those for which a batch held the lane."""

    filters: dict
    source: str
    acts: bool
    is_dry_run: bool
    records: int = 0
    documents: int = 0
    batches: int = 0
    plan: str = ""
    longest_hold_seconds: float = 0.0
    replay_id: int | None = None
    effects: Effects = field(default_factory=Effects)

    def as_json(self) -> dict:
        """Everything, with every effect."""
        names = ("replay_id", "is_dry_run", "filters", "source", "acts", "records", "documents", "batches", "plan")
        told = {name: getattr(self, name) for name in names}
        held = {"longest_hold_seconds": round(self.longest_hold_seconds, 3)}
        return told | held | {"counts": self.effects.counts} | self.effects.as_json()


class _Run:
    """The batches of one replay, and what they add up to."""

    def __init__(self, stack: ExitStack, where: Where, source: str, acts: bool, at_once: int, conninfo: str | None):
        if source not in SOURCES:
            raise Refused(f"a replay is from records or documents, not from {source!r}")
        self.where, self.source, self.acts = where, source, acts
        self.work = stack.enter_context(connect("replay", conninfo=conninfo, autocommit=True))
        eyes = stack.enter_context(connect("replay looks on", conninfo=conninfo, autocommit=True))
        self.made = Batches(self.work, eyes, models.load(), acts=acts)
        self.records = which.records(eyes, where)
        self.documents = which.documents(eyes, where) if source == "documents" else None
        if not self.records and not self.documents:
            raise Refused("no record fits these filters", hint="see `crossdock replay --help` for what can be asked")
        self.batches: list[Batch] = cut(self.records, self.documents, at_once)

    def report(self, *, is_dry_run: bool) -> Report:
        documents = {d for batch in self.batches for d in batch.documents}
        return Report(
            self.where.filters, self.source, self.acts, is_dry_run, len(self.records), len(documents), len(self.batches)
        )

    def go(self, report: Report, keep: Callable[[Done], None] | None) -> None:
        for number, batch in enumerate(self.batches, start=1):
            done = self.made.run(batch, keep)
            report.longest_hold_seconds = max(report.longest_hold_seconds, done.held_seconds)
            report.effects.add(done.effects)
            logger.info("batch", number=number, of=len(self.batches), is_kept=keep is not None)
        report.plan = report.effects.plan


def preview(
    words: Iterable[str],
    *,
    source: str = "records",
    acts: bool = False,
    at_once: int = AT_ONCE,
    conninfo: str | None = None,
) -> Report:
    """What a replay of the records that fit `words` (`key=value`) would do now: each batch is done and rolled back.

    Raises Refused where a word is no filter, or nothing fits.
    """
    with ExitStack() as stack:
        run = _Run(stack, Where.of(words), source, acts, at_once, conninfo)
        report = run.report(is_dry_run=True)
        run.go(report, None)
        return report


def replay(
    words: Iterable[str],
    *,
    by: str,
    source: str = "records",
    acts: bool = False,
    plan: str | None = None,
    at_once: int = AT_ONCE,
    conninfo: str | None = None,
) -> Report:
    """Carry it out. Without `acts` what follows is held: cases are not decided, documents not sent, until `let_go`.

    With `plan`, as a preview named it, nothing is done unless the same would happen now; a batch that would do anything
    else after all is undone, and the replay stops there. Killed, it leaves whole batches; a second run does the rest.
    Raises Refused.
    """
    with ExitStack() as stack:
        run = _Run(stack, Where.of(words), source, acts, at_once, conninfo)
        planned = _planned(run, plan) if plan else None
        report = run.report(is_dry_run=False)
        size = {"records": report.records, "batches": report.batches}
        entry = journal.begin(run.work, by, run.where.filters, source, size, acts=acts, plan=plan)
        report.replay_id = entry.replay_id
        try:
            run.go(report, lambda done: _keep(entry, report, done, planned))
        except (CrossdockError, psycopg.Error) as error:
            entry.end("stopped", report.plan, report.longest_hold_seconds, str(error))
            raise
        entry.end("done", report.plan, report.longest_hold_seconds)
        return report


def _planned(run: _Run, plan: str) -> set[str]:
    """The effects of the plan. Raises Refused where it is no longer what would happen."""
    now = run.report(is_dry_run=True)
    run.go(now, None)
    if now.plan != plan:
        raise Refused(
            f"plan {plan} is not what would happen now: that is {now.plan or 'nothing'}",
            hint="look at a new dry run, then give its plan",
        )
    return now.effects.digests()


def _keep(entry: journal.Entry, report: Report, done: Done, planned: set[str] | None) -> None:
    if planned is not None and not done.effects.digests() <= planned:
        raise Refused("a batch would do other than planned: it was undone, those before it stand", hint="look again")
    report.effects.add(done.effects)
    entry.add(done, report.effects.counts)
