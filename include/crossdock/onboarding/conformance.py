"""Prove a partner's samples without a database, and say how well its format fits.

Samples live in the folder: `samples/<feed>/good/*` must pass whole; `samples/<feed>/bad/*` must be set aside for the
reasons in `samples/<feed>/bad/expected.csv` (file, native_id, part, rule, field). A record without its key has the
native id `unkeyed`; a file that cannot be read at all has none, and the rule `readable`.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from crossdock.connectors.base import connector_for
from crossdock.connectors.payload import UNKEYED
from crossdock.contracts.load import load
from crossdock.contracts.memory import judge_payload, parse
from crossdock.core.errors import Unparsable
from crossdock.onboarding.folder import Partner

READABLE = "readable"
EXPECTED = "expected.csv"


class Reason(NamedTuple):
    """Why something of a sample is set aside."""

    native_id: str
    part: str
    rule: str
    field: str


@dataclass
class Read:
    """What one sample gave."""

    file: Path
    feed: str
    records: int = 0
    reasons: Counter = field(default_factory=Counter)
    values: Counter = field(default_factory=Counter)


@dataclass
class Outcome:
    """What a partner's samples showed."""

    partner: Partner
    read: list[Read] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_sample(partner: Partner, feed: str, path: Path) -> Read:
    """The records of one file and every reason to set something of it aside."""
    settings = {
        **partner.settings, "partner_id": partner.partner, "time_zone": partner.time_zone, **partner.feed_settings(feed)
    }  # fmt: skip
    connector = connector_for(partner.system_type, None, settings)
    contract = load(partner.contract(feed))
    codes = {(row.kind, row.their_code) for row in partner.codes()}
    read = Read(path, feed)
    try:
        for record in connector.records(partner.feed_type(feed).split(".", 1)[1], path.read_bytes()):
            read.records += 1
            native_id = UNKEYED.rstrip("/") if record.native_id.startswith(UNKEYED) else record.native_id
            for verdict in judge_payload(contract, parse(record.payload), codes):
                read.reasons[Reason(native_id, verdict.part, verdict.rule, verdict.field)] += 1
                read.values[verdict.rule, verdict.field, verdict.value] += 1
    except Unparsable as error:
        read.reasons[Reason("", "", READABLE, "")] += 1
        read.values[READABLE, "", str(error)] += 1
    return read


def check(partner: Partner) -> Outcome:
    """Read every sample of a partner; what does not do as it should is a problem."""
    outcome = Outcome(partner)
    outcome.problems += [
        f"{partner.code_maps}: {row.kind} {row.their_code!r} waits for our code" for row in partner.waiting()
    ]
    for feed in partner.feeds:
        folder = partner.folder / "samples" / feed
        good = _files(folder / "good")
        if not good:
            outcome.problems.append(f"{feed}: no good sample in {folder / 'good'}: nothing is proved")
        for path in good:
            read = read_sample(partner, feed, path)
            outcome.read.append(read)
            outcome.problems += _problems_of_good(read)
        outcome.problems += _check_bad(partner, feed, folder / "bad", outcome)
    return outcome


def _files(folder: Path) -> list[Path]:
    return (
        sorted(path for path in folder.glob("*") if path.is_file() and path.name != EXPECTED) if folder.is_dir() else []
    )


def _problems_of_good(read: Read) -> Iterator[str]:
    if not read.records:
        yield f"{read.feed}: {read.file.name} gives no record at all"
    for reason in list(read.reasons)[:20]:
        yield f"{read.feed}: {read.file.name} should pass, but {_in_words(reason)}"


def _check_bad(partner: Partner, feed: str, folder: Path, outcome: Outcome) -> Iterator[str]:
    files = _files(folder)
    stated = _stated(folder / EXPECTED) if files else {}
    for path in files:
        read = read_sample(partner, feed, path)
        outcome.read.append(read)
        wanted = stated.get(path.name, set())
        if not wanted:
            yield f"{feed}: {path.name} is a bad sample without a stated reason in {EXPECTED}"
        for reason in sorted(wanted - set(read.reasons)):
            yield f"{feed}: {path.name} should be set aside because {_in_words(reason)}, but is not"
        for reason in sorted(set(read.reasons) - wanted):
            yield f"{feed}: {path.name}: {_in_words(reason)}, which is not stated"


def _stated(path: Path) -> dict[str, set[Reason]]:
    if not path.is_file():
        return {}
    stated: dict[str, set[Reason]] = {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            reason = Reason(*(row.get(name) or "" for name in Reason._fields))
            stated.setdefault(row["file"], set()).add(reason)
    return stated


def _in_words(reason: Reason) -> str:
    where = f"{reason.native_id or 'the file'}{f' {reason.part}' if reason.part else ''}"
    return f"{where} breaks rule {reason.rule}{f' of {reason.field}' if reason.field else ''}"


def render(outcomes: list[Outcome]) -> str:
    """The conformance report, as Markdown."""
    lines = ["# Conformance"]
    for outcome in outcomes:
        verdict = "conforms" if not outcome.problems else f"{len(outcome.problems)} problems"
        lines += [
            "",
            f"## {outcome.partner.partner}: {verdict}",
            "",
            "| feed | sample | records | set aside |",
            "|---|---|--:|--:|",
        ]
        lines += [
            f"| {read.feed} | {read.file.parent.name}/{read.file.name} | {read.records} | {read.reasons.total()} |"
            for read in outcome.read
        ]
        counted: Counter = sum((read.values for read in outcome.read), Counter())
        if counted:
            lines += ["", "| rule | field | value | times |", "|---|---|---|--:|"]
            lines += [
                f"| {rule} | {name} | {value or ''} | {n} |" for (rule, name, value), n in counted.most_common(30)
            ]
        lines += ["", *(f"- {problem}" for problem in outcome.problems)] if outcome.problems else []
    return "\n".join(lines)
