"""The table of states as people read it: diagrams, sentences, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

MACHINES = {
    "case": "A case: what is wrong with an order, until every system involved agrees again.",
    "action": "An action: one command to one system.",
    "approval": "An approval: one question to a person.",
}


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of ref.transitions; `from_state` is empty for the beginning."""

    machine: str
    from_state: str
    event: str
    to_state: str
    moved_by: str
    sentence: str


def transitions(connection: psycopg.Connection) -> list[Transition]:
    """Every transition: machine by machine, each state after those from which it is first reached."""
    with connection.cursor(row_factory=class_row(Transition)) as cursor:
        rows = cursor.execute(
            "select machine, from_state, event, to_state, moved_by, sentence from ref.transitions"
        ).fetchall()
    order = {machine: states([row for row in rows if row.machine == machine]) for machine in MACHINES}
    return sorted(
        rows,
        key=lambda r: (
            list(MACHINES).index(r.machine),
            _place(order[r.machine], r.from_state),
            _place(order[r.machine], r.to_state),
            r.event,
        ),
    )


def states(rows: Sequence[Transition]) -> list[str]:
    """The states of one machine that can be reached, the beginning ('') first, the nearest before the farther."""
    found = [""]
    for state in found:
        found += sorted({row.to_state for row in rows if row.from_state == state} - set(found))
    return found


def unreachable(rows: Sequence[Transition]) -> set[str]:
    """States of one machine that nothing leads to."""
    return {state for row in rows for state in (row.from_state, row.to_state)} - set(states(rows))


def final(rows: Sequence[Transition]) -> set[str]:
    """States of one machine that nothing leads out of."""
    return {row.to_state for row in rows} - {row.from_state for row in rows}


def without_end(rows: Sequence[Transition]) -> set[str]:
    """States of one machine from which no final state can be reached."""
    ending = final(rows)
    while more := {row.from_state for row in rows if row.to_state in ending} - ending:
        ending |= more
    return {row.from_state for row in rows} - ending


def page(rows: Sequence[Transition]) -> str:
    """The reference page, as Markdown with a Mermaid diagram for each machine."""
    lines = [
        "# States",
        "",
        "What a case, an action and an approval can be, and what moves them. `ref.transitions` is the one table:",
        "`ops.move_case` and two triggers refuse what it does not list, to every role of the product, and this page is",
        "made from it. Each move of a case is an event in `ops.case_events`, sealed into `ops.audit_chain`; see",
        "`crossdock audit verify`.",
    ]
    for machine, title in MACHINES.items():
        lines += _section(machine, title, [row for row in rows if row.machine == machine])
    return "\n".join(lines) + "\n"


def _section(machine: str, title: str, rows: Sequence[Transition]) -> list[str]:
    arrows = [f"    {row.from_state or '[*]'} --> {row.to_state}: {row.event}" for row in rows]
    ends = [f"    {state} --> [*]" for state in sorted(final(rows))]
    table = [
        f"| {row.from_state or '(begins)'} | {row.event} | {row.to_state} | {row.moved_by} | {row.sentence} |"
        for row in rows
    ]
    return [
        "",
        f"## {machine}",
        "",
        title,
        "",
        "```mermaid",
        "stateDiagram-v2",
        *arrows,
        *ends,
        "```",
        "",
        "| from | event | to | moved by | when |",
        "|---|---|---|---|---|",
        *table,
    ]


def _place(order: Sequence[str], state: str) -> int:
    return order.index(state) if state in order else len(order)
