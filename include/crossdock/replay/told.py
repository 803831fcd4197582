"""A replay in sentences, for people of operations: the sum first, then the first of each kind of thing."""

from __future__ import annotations

from collections.abc import Iterator

from crossdock.replay.api import Report

SHOWN = 10
"""Things of each kind that are listed; the machine-readable form has all."""


def sentences(report: Report, shown: int = SHOWN) -> Iterator[str]:
    """What it changes, what it sends, what it was about; then the lists."""
    yield headline(report)
    yield from _sent(report)
    one = "it was rolled back" if report.is_dry_run else "it is done"
    yield (
        f"{_count(report.records, 'record')} in {_count(report.batches, 'batch')}; {one}; "
        f"the lane was held for at most {report.longest_hold_seconds:.1f} s at a time"
    )
    yield f"plan {report.plan}" if report.is_dry_run else f"replay {report.replay_id}, plan {report.plan}"
    for title, lines in _lists(report):
        if lines:
            yield f"{title}:"
            yield from (f"  {line}" for line in lines[:shown])
            if len(lines) > shown:
                yield f"  and {len(lines) - shown} more; --json lists them all"


def headline(report: Report) -> str:
    """As in "This replay changes 3 rows, opens 1 exception and 1 case, and sends 1 message (already sent: no)"."""
    counts, would = report.effects.counts, report.is_dry_run
    verbs = ("changes", "opens", "clears", "sends") if would else ("changed", "opened", "cleared", "sends")
    cases = f" and {_count(counts['cases_opened'], 'case')}" if counts["cases_opened"] else ""
    sends = counts["messages"] if report.acts else 0
    again = " (already sent: no)" if sends else ""
    return (
        f"This replay {verbs[0]} {_count(counts['rows'], 'row')}, {verbs[1]} "
        f"{_count(counts['detections_opens'], 'exception')}{cases}, {verbs[2]} {counts['detections_clears']}, and "
        f"{verbs[3]} {_count(sends, 'message')}{again}"
    )


def _sent(report: Report) -> Iterator[str]:
    counts = report.effects.counts
    if counts["messages"] and not report.acts:
        after = "" if report.is_dry_run else f"; `crossdock replay let-go {report.replay_id}` lets them go"
        yield f"{_count(counts['messages'], 'message')} held (already sent: no): without --act nothing goes out{after}"
    if counts["messages_already_sent"]:
        yield f"{_count(counts['messages_already_sent'], 'message')} already sent, or written before: not sent again"


def _lists(report: Report) -> Iterator[tuple[str, list[str]]]:
    of = report.effects.of
    yield "Rows", [_row(item) for item in of("rows")]
    yield (
        "Quarantine",
        [
            f"{i['change']} {i['partner']}/{i['feed']} {i['native_id'] or i['document']} {i['part']} "
            f"({i['rule']} {i['field'] or ''} {i['value'] or ''})".replace(" )", ")")
            for i in of("quarantine")
        ],
    )
    yield "Exceptions", [f"{i['change']} {i['code']} of {i['subject']}" for i in of("detections")]
    yield "Cases", [f"{i['change']}: {i['title']}" for i in of("cases")]
    yield (
        "EDI documents",
        [
            f"{i['document_type']} to {i['partner']} about {i['order'] or 'the mail'} ({_already(i)}, {i['state']})"
            for i in of("documents")
        ],
    )
    yield (
        "Commands",
        [
            f"{i['command']} to {i['partner']} for {i['order']} ({_already(i)}, {i['outcome']})"
            if i["command"]
            else f"none yet for {i['subject']}: {i['reason']}"
            for i in of("actions")
        ],
    )


def _row(item: dict) -> str:
    what = f"{item['change']} {item['model']} {item['order']}"
    if item["change"] != "changed":
        return what
    return f"{what}: " + ", ".join(f"{name} {old} → {new}" for name, (old, new) in item["columns"].items())


def _already(item: dict) -> str:
    return f"already sent: {'yes' if item['already_sent'] else 'no'}"


def _count(number: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
