"""The lab's page of the reference, docs/reference/lab.md: faults and look-alikes as they are declared."""

from __future__ import annotations

from crossdock_lab.systems import misbehave
from crossdock_lab.world.choose import KINDS
from crossdock_lab.world.faults import ENDPOINT_KINDS, ENDPOINTS, Kind
from crossdock_lab.world.repairs import KINDS as REPAIR_KINDS

HEAD = """<!-- Written by `crossdock lab faults --markdown`; edit what it describes instead. -->
# The lab

A simulated distributor: customers order in a shop, over EDI and directly; SAP takes the orders, warehouses pick,
carriers carry, customers ask. Each system keeps its own state and is served over HTTP or SFTP in its published words.
The same seed makes the same world. The lab runs as its own process on its own database, to which no role of the product
can connect; there it keeps the truth: which fault was caused, where and when, and whether it is over.

| command | what for |
|---|---|
| `crossdock lab status` | what time it is in the lab, and what is going on |
| `crossdock lab faults` | the tables below |
| `crossdock lab inject <fault>` | cause one, and be told what to watch and from when |
| `crossdock lab sell-out SKU-1001 --days 3` | leave nothing of an item anywhere: what is short of it waits for stock |
| `crossdock lab run --speed 60` | let the clock run: an hour a minute |
| `crossdock lab stop`, `lab step --hours 6` | stop it; go on by hand |
| `crossdock lab reset --seed 2 --orders-per-day 100` | another world (what the product has landed stays) |
| `crossdock scorecard` | what was found beside the truth |

Options: [command line](cli.md). `inject` takes the order that will show the fault soonest; `--order` names another, by
number or identifier. What has happened cannot be changed any more: then it refuses, and says so.
"""
FAULTS = """
## Faults

Each causes the exceptions it names, and those that follow from it. In brackets: from which channel an order must be.
What is marked ⟳ can be mended without a person."""
REPAIRS = """
## Repairs

What is written to a system changes the course of the order it is about: the write becomes a row of `lab.interventions`,
and the world draws the order's plan again with it. `effect` says what came of it. The truth follows: what is well ends
there, and harm (a repair of what was well, goods or labels twice) is a row of `truth.wrongs`."""
LOOKALIKES = """
## Look-alikes

Each looks like a fault to a careless rule, and nothing is wrong: none may ever be found."""
ENDPOINT_FAULTS = """
## Faults of an endpoint

They need no order: `crossdock lab inject endpoint_down --system easypost --hours 24`. Systems: {systems}. Calls fail on
the wall clock, so an outage counts once the catalogue's grace has passed there: at 60 times the wall, let it last."""
MISBEHAVIOURS = """
## How a system misbehaves

Not a fault of the business, but what every integration meets: to be survived without a trace. Ask the lab's own port
(`crossdock status` shows it; it answers this machine only):

```sh
curl -X POST "$CROSSDOCK_LAB_URL/lab/misbehave" -d '{"system": "shop", "behaviour": "truncate", "params": {"times": 2}}'
curl "$CROSSDOCK_LAB_URL/lab/misbehave"              # the rules in force, and how often each struck
curl -X DELETE "$CROSSDOCK_LAB_URL/lab/misbehave"    # all is well again
```

`system` is sap, wms, easypost, shop, zendesk or `*`; `seconds` (lab time) ends it by itself; `params` may hold `path`,
`times`, or `probability` with `seed`.
"""
VARIABLES = """
## Variables

Those of an installation are in `crossdock env`.

| variable | meaning |
|---|---|
| `CROSSDOCK_LAB_DSN` | Postgres of the lab, role lab |
| `CROSSDOCK_LAB_URL` | where its systems are served |
| `CROSSDOCK_LAB_WEBHOOKS` | where it sends webhooks: the inbox |
| `CROSSDOCK_LAB_MAILBOX` | the folder behind its SFTP server |
| `CROSSDOCK_AUDIT_DSN` | the product's database as the scorecard reads it, role auditor; else `CROSSDOCK_DSN` |
"""


def page() -> str:
    """The page, as Markdown."""
    by_name = sorted(KINDS.values(), key=lambda kind: kind.name)
    endpoint = ENDPOINT_FAULTS.format(systems=", ".join(f"`{name}`" for name in ENDPOINTS))
    behaviours = (misbehave.__doc__ or "").partition("| behaviour |")
    return "\n".join(
        [
            HEAD + FAULTS,
            *_table([kind for kind in by_name if not kind.is_lookalike]),
            REPAIRS,
            *_repairs(),
            LOOKALIKES,
            *_table([kind for kind in by_name if kind.is_lookalike]),
            endpoint,
            *_rows([(kind.name, kind.codes, kind.watch) for kind in ENDPOINT_KINDS.values()]),
            MISBEHAVIOURS,
            (behaviours[1] + behaviours[2]).rstrip(),
            VARIABLES,
        ]
    )


def _table(kinds: list[Kind]) -> list[str]:
    marks = {True: " ⟳", False: ""}
    return _rows([
        (kind.name, kind.codes, f"{kind.watch} ({', '.join(kind.channels)}){marks[kind.is_repairable]}")
        for kind in kinds
    ])  # fmt: skip


def _repairs() -> list[str]:
    rows = [f"| `{kind.name}` | {' '.join(kind.does.split())} |" for kind in REPAIR_KINDS.values()]
    return ["", "| name | what the world makes of it |", "|---|---|", *rows]


def _rows(rows: list[tuple[str, tuple[str, ...], str]]) -> list[str]:
    table = ["", "| name | causes | what happens |", "|---|---|---|"]
    for name, codes, watch in rows:
        causes = ", ".join(f"[`{code}`](../runbooks/{code}.md)" for code in codes) or "nothing"
        table.append(f"| `{name}` | {causes} | {' '.join(watch.split())} |")
    return table
