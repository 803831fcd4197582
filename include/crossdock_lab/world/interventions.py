"""What was done from outside, as rows: taken note of once, with what the world knew then, and kept for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb

from crossdock_lab.truth import ledger
from crossdock_lab.truth.harm import Case, harm
from crossdock_lab.world import repairs
from crossdock_lab.world.plan import Plan
from crossdock_lab.world.repairs import Intervention
from crossdock_lab.world.stock import Stock

NEW = """
select i.intervention_id, i.number, i.kind, i.params, i.at, i.write_id, w.system
from lab.interventions as i left join lab.writes as w using (write_id)
where i.effect is null order by i.intervention_id
"""
TAKEN = """
select number, kind, params, at from lab.interventions
where effect is not null and effect not like %s order by intervention_id
"""
REFUSED = "refused"
"""How the effect begins of what the world could not make sense of: it is as if it had not been."""
SENSELESS = (LookupError, ValueError, TypeError, StopIteration, ArithmeticError)
EXTERNAL_ID = """
select t.body ->> 'external_id', exists (
    select from lab.objects as o
    where o.system = 'zendesk' and o.kind = 'tickets' and o.object_id <> t.object_id
        and o.body ->> 'external_id' = t.body ->> 'external_id' and (o.created_at, o.seq) < (t.created_at, t.seq))
from lab.objects as t where t.system = 'zendesk' and t.kind = 'tickets' and t.object_id = %s
"""


@dataclass(frozen=True, slots=True)
class Written:
    """A new row of lab.interventions."""

    intervention_id: int
    number: str
    kind: str
    params: dict
    at: datetime
    write_id: int | None
    system: str | None


class Interventions:
    """Every intervention by order, in turn. `draw` gives the plan of an order with all of them applied."""

    def __init__(self, connection: psycopg.Connection, draw: Callable[[str], Plan | None]) -> None:
        self.draw = draw
        self.by_order: dict[str, list[Intervention]] = {}
        for number, kind, params, at in connection.execute(TAKEN, [f"{REFUSED}%"]):
            self.by_order.setdefault(number, []).append(Intervention(kind, params, at))

    def of(self, number: str) -> list[Intervention]:
        """What was done to an order so far."""
        return self.by_order.get(number, [])

    def new(self, connection: psycopg.Connection, now: datetime) -> dict[str, list[Written]]:
        """What was done since, by order. A write that came while the world went on counts from `now`."""
        found: dict[str, list[Written]] = {}
        for intervention_id, number, kind, params, at, write_id, system in connection.execute(NEW).fetchall():
            row = Written(intervention_id, number, kind, params, max(at, now), write_id, system)
            found.setdefault(number, []).append(row)
        return found

    def take_note(self, connection: psycopg.Connection, row: Written, stock: Stock) -> None:
        """Apply one: what came of it, and the harm it does, are written down. What makes no sense is refused."""
        plan = self.draw(row.number)
        if plan is None or row.kind not in repairs.KINDS:
            _keep(connection, row, row.params, f"{REFUSED}: the world knows no such order or repair")
            return
        earlier = self.of(row.number)
        try:
            each = Intervention(row.kind, row.params | _known(connection, row, plan, stock), row.at)
            found = harm(Case(plan, each, earlier, ledger.ailing(connection, plan.order.order_id, row.at)))
            self.by_order[row.number] = [*earlier, each]
            effect = self.draw(row.number).effects[-1]
        except SENSELESS as error:
            self.by_order[row.number] = earlier
            _keep(connection, row, row.params, f"{REFUSED}: {error!r}")
            return
        _keep(connection, row, each.params, effect)
        if found:
            ledger.wrong(connection, row.number, *found, row.at, row.write_id)

    def add(
        self,
        connection: psycopg.Connection,
        number: str,
        kind: str,
        params: dict,
        at: datetime,
        write_id: int,
        stock: Stock,
    ) -> Plan:
        """Something that the world itself found to have been done; the plan with it."""
        row = connection.execute(
            """insert into lab.interventions (number, kind, params, at, write_id) values (%s, %s, %s, %s, %s)
               returning intervention_id""",
            [number, kind, Jsonb(params), at, write_id],
        ).fetchone()
        self.take_note(connection, Written(row[0], number, kind, params, at, write_id, None), stock)
        return self.draw(number)


def _known(connection: psycopg.Connection, row: Written, plan: Plan, stock: Stock) -> dict:
    """What the world knows at that moment and could not find out later."""
    known: dict = {"system": row.system} if row.system else {}
    if row.kind == "plant":
        sku = plan.line(int(row.params["line"])).item.sku
        known["available"] = stock.quantities[sku, row.params["warehouse"]][1]
    if row.kind == "promise":
        coming = [stock.outs[line.item.sku] for line in plan.order.lines if line.item.sku in stock.outs]
        known |= {"restocked_at": max(coming).isoformat()} if coming else {}
    if row.kind == "ticket":
        found = connection.execute(EXTERNAL_ID, [str(row.params["ticket_id"])]).fetchone()
        known["external_id"], known["is_second"] = found or ("", False)
    return known


def _keep(connection: psycopg.Connection, row: Written, params: dict, effect: str) -> None:
    connection.execute(
        "update lab.interventions set params = %s, at = %s, effect = %s where intervention_id = %s",
        [Jsonb(params), row.at, effect, row.intervention_id],
    )
