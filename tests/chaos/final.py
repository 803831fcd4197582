"""The state a run ends in, told so that two runs of one world can be compared whatever the timing was.

Numbers that a system gives away in the order of asking (deliveries, tickets, cases) are counted and not compared.
Three things may honestly differ and are compared by what must hold of both instead:

- a case that vanished before anything was done: the world mended itself, and whether anybody saw it before depends on
  which system was read first (`sql/cases.sql`);
- cases about a partner that cannot be reached: there are some only where there was an outage. They must have ended;
- how often something was tried: an outage costs attempts. What came of them is compared.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psycopg

from crossdock.cases import api as cases
from crossdock_lab.scorecard import card as cards
from crossdock_lab.scorecard.repairs import FACTS
from crossdock_lab.world.faults import KINDS

SQL = Path(__file__).parent / "sql"


@dataclass
class Final:
    """By order: what the product and the lab say of it. And whatever must never be, in words."""

    orders: dict[str, dict] = field(default_factory=dict)
    breaches: list[str] = field(default_factory=list)

    def settled(self, without: Collection[str] = ()) -> Final:
        """Only what does not depend on when something was seen: the axes, quantities, and whether all is repaired.

        A world that ran while it was looked at is decided on at other moments than one that stood still: from another
        warehouse, for another day, by another playbook. That the customer has the goods, and nothing is wrong, is not.
        """
        return Final({name: _settled(order) for name, order in self.orders.items() if name not in without})

    def with_people(self) -> set[str]:
        """Orders with a case that was given to people, whose work has no end here."""
        return {name for name, order in self.orders.items() if _is_with_people(order)}

    def of(self, order_id: str) -> dict:
        return self.orders.setdefault(order_id, {})


def _is_with_people(order: dict) -> bool:
    return any(end.startswith("with ") for _, end, _ in order.get("cases", []))


def _settled(order: dict) -> dict:
    axes = order.get("axes") or {}
    return {
        "axes": {name: axes.get(name) for name in ("fulfillment", "billing", "cancelled", "incomplete")},
        "quantities": [
            [line[name] for name in ("line", "sku", "ordered", "shipped", "delivered", "cancelled", "backordered")]
            for line in order.get("lines") or []
        ],
        "standing": sorted(set(order.get("standing") or []) - FACTS),
        "truth": order.get("truth"),
    }


def differences(one: Final, other: Final) -> list[str]:
    """Each order and aspect in which two runs ended differently."""
    found = []
    for order_id in sorted(one.orders.keys() | other.orders.keys()):
        left, right = one.orders.get(order_id, {}), other.orders.get(order_id, {})
        for aspect in sorted(left.keys() | right.keys()):
            if left.get(aspect) != right.get(aspect):
                found.append(f"{order_id} {aspect}: {left.get(aspect)} became {right.get(aspect)}")
    return found


def final(lab_dsn: str, product_dsn: str) -> Final:
    """Read both databases; `product_dsn` is one that may read everything."""
    told = Final()
    with _asking(lab_dsn) as lab, _asking(product_dsn) as product:
        for order_id, *parts in product.execute(_sql("orders")):
            names = ("axes", "lines", "shipments", "holds", "standing")
            told.of(order_id).update(zip(names, parts, strict=True))
        for order_id, case in product.execute(_sql("cases")):
            told.of(order_id).setdefault("cases", []).append(case)
        for order_id, effects, truth in lab.execute(_sql("lab")):
            told.of(order_id).update(effects=effects, truth=truth)
        told.breaches = [*_scored(lab, product), *_unrepaired(told), *_books(product)]
    return told


def _scored(lab: psycopg.Connection, product: psycopg.Connection) -> list[str]:
    """What the scorecard says is lost, was done twice, or did harm."""
    card = cards.score(lab, product, settle=timedelta(0), slack=timedelta(0))
    lost = [
        f"{each.feed}: {each.lost} lost, among them {(each.missing + each.stale)[:3]}"
        for each in card.losses
        if each.lost
    ]
    twice = [f"{card.repeated_effects} writes took effect twice under one idempotency key"] * bool(
        card.repeated_effects
    )
    harm = [*card.repairs.wrong_repairs, *card.repairs.duplicate_effects, *card.repairs.bypassed]
    return [*lost, *twice, *(f"harm: {text}" for text in harm)]


def _unrepaired(told: Final) -> list[str]:
    """Faults that a program can repair, which neither the product nor people to whom it gave the case have in hand."""
    return [
        f"{order_id}: {fault['fault']} can be repaired and is not"
        for order_id, order in told.orders.items()
        for fault in order.get("truth") or []
        if not fault["repaired"]
        and fault["fault"] in KINDS
        and KINDS[fault["fault"]].is_repairable
        and not _is_with_people(order)
    ]


def _books(product: psycopg.Connection) -> list[str]:
    """The audit chain, and what was begun and never ended."""
    found = [f"audit: {row['problem']} at {row['position']} ({row['event']})" for row in cases.verify(product)]
    found += [f"{place}: {count} wait" for place, count in product.execute(_sql("unfinished")) if count]
    found += [
        f"case {case_id} about {partner_id} has not ended" for case_id, partner_id in product.execute(_sql("partners"))
    ]
    return found


def unfinished(product_dsn: str) -> dict[str, int]:
    """What still waits for the product, by where it waits."""
    with _asking(product_dsn) as product:
        return {place: count for place, count in product.execute(_sql("unfinished")) if count}


def _asking(dsn: str) -> psycopg.Connection:
    return psycopg.connect(dsn, options="-c TimeZone=UTC", autocommit=True)


def _sql(name: str) -> str:
    return (SQL / f"{name}.sql").read_text()
