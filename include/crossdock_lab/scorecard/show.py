"""The scorecard for people: it prints what is bad before what is good."""

from __future__ import annotations

from itertools import zip_longest

from rich.console import Console
from rich.table import Column, Table

from crossdock_lab.scorecard.card import Card, percentile
from crossdock_lab.scorecard.findings import CodeScore
from crossdock_lab.scorecard.repairs import Repairs

CODE_COLUMNS = "expected found recall detected right precision pending brief uncleared p50 p95"
LISTED = 12
"""How many false positives, and how many misses, are printed one by one; the JSON has all."""


def show(card: Card, console: Console) -> None:
    """Print the whole card."""
    console.print(
        f"[bold]Scorecard[/] at lab time {card.clock.now:%Y-%m-%d %H:%M} UTC: {card.orders} orders, "
        f"{card.faults} faults and {card.lookalikes} look-alikes caused"
    )
    console.print(_codes(card))
    console.print(_delays(card))
    console.print(_feeds(card))
    console.print(_repairs(card.repairs))
    _wrong(card, console)
    _harm(card.repairs, console)
    shortcomings = card.shortcomings()
    for text in shortcomings:
        console.print(f"[red]✗[/] {text}")
    if not shortcomings:
        console.print("[green]✓[/] everything was found, nothing else was, nothing was lost, every repair held")


def _codes(card: Card) -> Table:
    table = Table("exception", *_right(CODE_COLUMNS))
    for code, score in card.comparison.codes.items():
        table.add_row(*_row(score), *_times(card.comparison.delays_by_code[code]))
    table.add_section()
    every = [delay for delays in card.comparison.delays.values() for delay in delays]
    table.add_row(*_row(card.total), *_times(every), style="bold")
    return table


def _right(names: str) -> list[Column]:
    return [Column(name, justify="right") for name in names.split()]


def _row(score: CodeScore) -> list[str]:
    found = (score.expected, score.found, _share(score.recall))
    said = (score.detections, score.right, _share(score.precision))
    rest = (score.pending, score.brief, score.uncleared)
    return [score.code, *(str(number) for number in (*found, *said, *rest))]


def _share(value: float | None) -> str:
    if value is None:
        return "-"
    return "1.00" if value == 1 else f"[red]{min(value, 0.999):.3f}[/]"


def _times(delays: list[float]) -> list[str]:
    return [_seconds(percentile(delays, 0.5)), _seconds(percentile(delays, 0.95))]


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def _delays(card: Card) -> Table:
    names = {"push": "pushed", "poll": "polled", "file": "by file", "deadline": "by deadline"}
    table = Table("from known to found", *_right("count p50 p95 p99"))
    for via, delays in sorted(card.comparison.delays.items()):
        values = [_seconds(percentile(delays, share)) for share in (0.5, 0.95, 0.99)]
        table.add_row(names[via], str(len(delays)), *values)
    return table


def _feeds(card: Card) -> Table:
    table = Table("feed", *_right("source landed waiting quarantined missing stale unaccounted lost"))
    for each in card.losses:
        lost = f"[red]{each.lost}[/]" if each.lost else "0"
        gaps = (len(each.missing), len(each.stale), each.unaccounted)
        numbers = (each.source, each.landed, each.waiting, each.set_aside, *gaps)
        table.add_row(each.feed, *(str(number) for number in numbers), lost)
    return table


def _repairs(found: Repairs) -> Table:
    """Cases by what became of them, how long it took, and how much of it without a person."""
    table = Table("cases", *_right("count"), "repairs", *_right("figure p50 p95"))
    share = "-" if found.share_alone is None else f"{found.share_alone:.0%}"
    figures = [
        ("from fault to case", str(len(found.fault_to_case)), *_times(found.fault_to_case)),
        ("from case to verified", str(len(found.case_to_verified)), *_times(found.case_to_verified)),
        ("repairable faults", str(found.repairable), "", ""),
        ("mended and verified without a person", f"{found.alone} ({share})", "", ""),
        ("wrong repairs", str(len(found.wrong_repairs)), "", ""),
        ("duplicate effects", str(len(found.duplicate_effects)), "", ""),
        ("resolved while a system disagreed", str(len(found.closed_disagreeing)), "", ""),
        ("approvals bypassed", str(len(found.bypassed)), "", ""),
        ("regret over the price of labels", f"{found.regret} in {found.labels}", "", ""),
    ]
    states = [(state, str(count)) for state, count in found.states.most_common()]
    for state, figure in zip_longest(states, figures, fillvalue=("", "", "", "")):
        table.add_row(*state[:2], *figure)
    return table


def _harm(found: Repairs, console: Console) -> None:
    """What is bad about the repairs, one by one."""
    for name, texts in (
        ("no case", found.without_case),
        ("not mended", found.unrepaired),
        ("harm", found.wrong_repairs),
        ("twice", found.duplicate_effects),
        ("disagrees", found.closed_disagreeing),
        ("bypassed", found.bypassed),
    ):
        for text in texts[:LISTED]:
            console.print(f"[red]{name}[/] {text}", highlight=False)
        if len(texts) > LISTED:
            console.print(f"… and {len(texts) - LISTED} more: see --json")


def _wrong(card: Card, console: Console) -> None:
    """The false positives with their evidence, the misses with what is true, the keys that are missing."""
    false, missed = card.comparison.false_positives, card.comparison.misses
    for detection, kind in false[:LISTED]:
        about = f" (there: {kind})" if kind else ""
        console.print(
            f"[red]false[/] {detection.code} {detection.subject} at {detection.detected_as_of:%m-%d %H:%M}{about}",
            detection.evidence,
            highlight=False,
        )
    for each in missed[:LISTED]:
        until = f"{each.until_at:%m-%d %H:%M}" if each.until_at else "for good"
        console.print(
            f"[red]missed[/] {each.code} {each.subject} {each.from_at:%m-%d %H:%M} to {until} "
            f"({each.kind}, {each.via}): {each.evidence}",
            highlight=False,
        )
    for count, name in ((len(false) - LISTED, "false positives"), (len(missed) - LISTED, "misses")):
        if count > 0:
            console.print(f"… and {count} more {name}: see --json")
    for each in card.losses:
        for what, keys in (("missing", each.missing), ("stale", each.stale)):
            if keys:
                console.print(f"[red]{what}[/] {each.feed}: {', '.join(keys[:LISTED])}", highlight=False)
    if card.repeated_effects:
        console.print(f"[red]twice[/] {card.repeated_effects} writes took effect twice under one idempotency key")
