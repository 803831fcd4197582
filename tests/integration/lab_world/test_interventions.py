"""What is written from outside, in its database: shown by every system, followed by the truth, the same however cut."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from crossdock_lab import db
from crossdock_lab.clock import Clock
from crossdock_lab.world import choose, engine
from crossdock_lab.world.choose import KINDS
from crossdock_lab.world.config import WorldConfig
from lab_rows import SENT, everything

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def world_of(lab: psycopg.Connection, *kinds: str) -> engine.World:
    """A new world in which every order that can has one of these faults."""
    db.wipe(lab)
    config = WorldConfig(seed=9, orders_per_day=25, fault_share=1, lookalike_share=0, kinds=kinds, days=1)
    return engine.create(lab, config)


def expected(lab: psycopg.Connection, code: str) -> tuple[str, datetime]:
    """The order that is first to have this exception, and since when; nothing else is expected of it earlier."""
    subject, from_at = lab.execute(
        "select subject_id, from_at from truth.expectations where exception_code = %s order by from_at, 1 limit 1",
        [code],
    ).fetchone()
    return lab.execute("select number from lab.orders where order_id = %s", [subject]).fetchone()[0], from_at


def write(lab: psycopg.Connection, number: str, kind: str, system: str = "sap", **params: object) -> None:
    """What a face of the lab leaves when it takes a write."""
    now = Clock(lab).now()
    (write_id,) = lab.execute(
        """insert into lab.writes (system, method, path, received_at, outcome)
           values (%s, 'PATCH', '/', %s, '200 taken') returning write_id""",
        [system, now],
    ).fetchone()
    lab.execute(
        "insert into lab.interventions (number, kind, params, at, write_id) values (%s, %s, %s, %s, %s)",
        [number, kind, Jsonb(params), now, write_id],
    )
    lab.commit()


def ended(lab: psycopg.Connection, code: str) -> list[tuple]:
    return lab.execute("select until_at from truth.expectations where exception_code = %s", [code]).fetchall()


def body(lab: psycopg.Connection, kind: str, object_id: str) -> dict:
    return lab.execute(
        "select body || overlay from lab.objects where kind = %s and object_id = %s", [kind, object_id]
    ).fetchone()[0]


def fault(lab: psycopg.Connection, number: str) -> tuple:
    return lab.execute(
        "select is_repaired, repaired_at, repaired_by from truth.faults where fault_id like %s", [f"{number}/%"]
    ).fetchone()


def wrongs(lab: psycopg.Connection) -> list[tuple]:
    return lab.execute("select number, kind from truth.wrongs order by wrong_id").fetchall()


def repair_short_pick(lab: psycopg.Connection, world: engine.World) -> str:
    """Go on until a line is picked short, and mend it from another warehouse."""
    number, due = expected(lab, "inventory_short_pick")
    world.advance(due + HOUR)
    leg, line, found = next(
        (leg, line, leg.picked_by(world.now)[line])
        for leg in world.plan_of(number).legs
        for line, qty in leg.lines.items()
        if leg.picked_by(world.now).get(line, 0) < qty
    )
    place = "DC-WEST" if leg.warehouse.code != "DC-WEST" else "DC-EAST"
    write(lab, number, "delivery_qty", delivery=leg.number, line=line, qty=found)
    write(lab, number, "delivery", delivery="0080099001", warehouse=place, lines={str(line): leg.lines[line] - found})
    write(lab, number, "reserve", system="wms", delivery="0080099001")
    write(lab, number, "promise", promised_at=(world.plan_of(number).order.promised_at + 3 * DAY).isoformat())
    return number


def test_a_repair_is_shown_and_the_truth_ends(lab):
    """The rest of a short pick leaves another warehouse; the fault is over, and no harm was done."""
    world = world_of(lab, "short_pick")
    world.advance(world.now + DAY)
    number = repair_short_pick(lab, world)
    at = world.now
    world.advance(at + HOUR)
    effects = lab.execute("select effect from lab.interventions order by intervention_id").fetchall()
    assert [effect.split()[0] for (effect,) in effects] == ["line", "delivery", "the", "promised"]
    assert fault(lab, number) == (True, at, "outside")
    made = body(lab, "deliveries", "0080099001")
    world.advance(at + 9 * DAY)
    assert (
        body(lab, "deliveries", "0080099001")["OverallGoodsMovementStatus"] == "C" != made["OverallGoodsMovementStatus"]
    )
    subject = choose.plan_of(world.config, number).order.order_id
    late = lab.execute(
        "select exception_code, until_at from truth.expectations where subject_id = %s order by from_at", [subject]
    ).fetchall()
    assert late[0] == ("inventory_short_pick", at)
    assert wrongs(lab) == []


def test_the_same_repairs_give_the_same_world_however_it_is_cut(lab):
    """Taken note of in one step or many, by a world that stays open or is opened anew at each."""

    def lived(*stops: timedelta) -> dict:
        world = world_of(lab, "short_pick", "credit_block_for_good", "carrier_books_too_slow", "never_delivered")
        world.advance(world.now + DAY)
        credit, _ = expected(lab, "credit_hold")
        number = repair_short_pick(lab, world)
        write(lab, credit, "credit_release")
        write(lab, credit, "ticket", system="zendesk", ticket_id=900000077, subject="?", tags=[])
        at = world.now
        for stop in stops:
            engine.World(lab).advance(at + stop)
        ledger = "select number, kind, params - 'system', at, effect from lab.interventions order by 1, 2"
        faults = "select fault_id, is_repaired, repaired_at, repaired_by from truth.faults order by 1"
        return everything(lab) | {
            "number": [number],
            "interventions": lab.execute(ledger).fetchall(),
            "mended": lab.execute(faults).fetchall(),
            "wrongs": lab.execute("select number, kind, reason, at from truth.wrongs order by 1, 4").fetchall(),
        }

    whole = lived(10 * DAY)
    pieces = lived(timedelta(minutes=7), HOUR, 5 * HOUR, 30 * HOUR, 3 * DAY, 10 * DAY)
    for name, rows in whole.items():
        assert rows == pieces[name], name


def test_an_open_world_and_one_that_is_opened_anew_go_on_alike(lab):
    shown = []
    for reopened in (False, True):
        world = world_of(lab, "credit_block_for_good")
        world.advance(world.now + DAY)
        write(lab, expected(lab, "credit_hold")[0], "credit_release")
        world.advance(world.now + HOUR)
        world = engine.World(lab) if reopened else world
        world.advance(world.now + 6 * DAY)
        shown.append(everything(lab))
    assert shown[0] == shown[1]


def test_what_was_written_and_what_the_world_says_agree(lab):
    """An overlay wins, until the world says otherwise of the same; and a push says what a read does."""
    world = world_of(lab, "carrier_runs_late")
    world.advance(world.now + 3 * DAY)
    number, _ = expected(lab, "carrier_cannot_meet_promise")
    order = world.plan_of(number).order
    promised_at = order.promised_at + 5 * DAY
    stamp = f"/Date({int(promised_at.timestamp() * 1000)})/"
    lab.execute(
        "update lab.objects set overlay = %s where kind = 'sales_orders' and object_id = %s",
        [Jsonb({"RequestedDeliveryDate": stamp, "SalesDistrict": "ours"}), order.sales_order],
    )
    lab.execute(
        "update lab.objects set overlay = %s where kind = 'orders' and object_id = %s",
        [Jsonb({"note": "told"}), str(order.shop_order_id)],
    )
    write(lab, number, "promise", promised_at=promised_at.isoformat())
    at = world.now
    world.advance(at + 6 * DAY)
    sap = body(lab, "sales_orders", order.sales_order)
    assert (sap["RequestedDeliveryDate"], sap["SalesDistrict"]) == (stamp, "ours")
    kept = lab.execute("select body, overlay from lab.objects where object_id = %s", [order.sales_order]).fetchone()
    assert kept[0]["RequestedDeliveryDate"] == stamp
    assert kept[1] == {"SalesDistrict": "ours"}
    for leg in world.plan_of(number).legs:
        assert body(lab, "deliveries", leg.number)["DeliveryDate"] == stamp
    pushed = lab.execute("select body ->> 'note' from lab.pushes where topic like 'orders/%%' and due_at > %s", [at])
    assert {note for (note,) in pushed} <= {"told", None}


def test_a_repair_of_what_is_well_is_written_down(lab):
    """Once, with the write that did it; and an order that is made wrong is so in the truth."""
    world = world_of(lab, "credit_block_for_good")
    world.advance(world.now + DAY)
    clean = choose.plan_of(world.config, expected(lab, "credit_hold")[0])
    number = clean.order.number
    write(lab, number, "credit_release")
    world.advance(world.now + 12 * HOUR)
    write(lab, number, "credit_release")
    write(lab, number, "promise", promised_at=(world.now - DAY).isoformat())
    world.advance(world.now + HOUR)
    assert wrongs(lab) == [(number, "wrong_repair"), (number, "wrong_repair")]
    open_now = lab.execute(
        "select exception_code from truth.expectations where subject_id = %s and until_at is distinct from null"
        " and from_at >= %s", [clean.order.order_id, world.now - 2 * HOUR],
    ).fetchall()  # fmt: skip
    assert ("open_past_promise",) in open_now


def test_what_makes_no_sense_is_refused_and_the_world_goes_on(lab):
    world = world_of(lab, "credit_block_for_good")
    world.advance(world.now + DAY)
    number, _ = expected(lab, "credit_hold")
    for kind, params in (("plant", {"line": 999, "warehouse": "DC-EAST"}), ("price", {"line": 10}), ("dance", {})):
        write(lab, number, kind, **params)
    write(lab, "7", "promise")
    world.advance(world.now + HOUR)
    effects = [effect for (effect,) in lab.execute("select effect from lab.interventions")]
    assert len(effects) == 4
    assert all(effect.startswith("refused") for effect in effects)
    engine.World(lab).advance(world.now + HOUR)


def test_tickets_are_solved_in_the_world(lab):
    """One about an order, one about none; the second for the same thing is a double effect."""
    world = world_of(lab, "missing_lines_for_good")
    world.advance(world.now + DAY)
    number, _ = expected(lab, "order_incomplete")
    order_id = choose.plan_of(world.config, number).order.order_id
    for ticket_id, about in ((900000001, order_id), (900000002, order_id), (900000003, None)):
        lab.execute(
            """insert into lab.objects (system, kind, object_id, body, order_id, created_at, changed_at)
               values ('zendesk', 'tickets', %s, %s, %s, %s, %s)""",
            [str(ticket_id), Jsonb({"status": "new", "external_id": f"case/{about}"}), about, world.now, world.now],
        )
        if about:
            write(lab, number, "ticket", system="zendesk", ticket_id=ticket_id, subject="?", tags=[])
    at = world.now
    world.advance(at + HOUR)
    assert {body(lab, "tickets", f"90000000{n}")["status"] for n in (1, 2, 3)} == {"new"}
    world.advance(at + 7 * HOUR)
    assert {body(lab, "tickets", f"90000000{n}")["status"] for n in (1, 2, 3)} == {"solved"}
    assert wrongs(lab) == [(number, "duplicate_effect")]
    mended = ended(lab, "order_incomplete")
    assert any(until and at < until < at + 7 * HOUR for (until,) in mended)


@pytest.mark.parametrize(("kind", "code"), [("ack_missing", "edi_ack_overdue"), ("ack_rejected", "edi_ack_rejected")])
def test_an_855_that_is_sent_again_is_accepted(lab, kind, code):
    """Under a new control number; the same bytes once more change nothing."""
    world = world_of(lab, kind)
    world.advance(world.now + DAY)
    number = next(n for at, n in choose.arrivals(world.config, 0) if choose.plan_of(world.config, n).fault == kind)

    def send(group: str, says: str = "AD") -> None:
        lab.execute(
            """insert into lab.writes (system, method, path, content, received_at, outcome)
               values ('x12', 'PUT', 'inbound/855.edi', %s, %s, '200 received')""",
            [_sent(number, group, says), Clock(lab).now()],
        )

    send("31")
    world.advance(world.now + 30 * HOUR)
    assert ended(lab, code) == [(None,)]
    send("31")
    world.advance(world.now + HOUR)
    assert lab.execute("select count(*) from lab.interventions").fetchone() == (0,)
    send("44")
    at = world.now
    world.advance(at + 5 * HOUR)
    answers = [
        bytes(content).decode() for (content,) in lab.execute("select content from lab.files where path like '%%997%%'")
    ]
    (accepted,) = [text for text in answers if "AK1*PR*44~" in text]
    assert "AK9*A*1*1*" in accepted
    ((until,),) = ended(lab, code)
    assert HOUR <= until - at <= 3 * HOUR
    assert fault(lab, number) == (True, until, "outside")
    assert wrongs(lab) == []
    send("45", says="RJ")
    world.advance(world.now + HOUR)
    assert wrongs(lab) == [(number, "duplicate_effect")]


def _sent(number: str, group: str, says: str) -> bytes:
    """An 855 of an order, in this group."""
    text = SENT.replace("*31*", f"*{group}*").replace("*AD*", f"*{says}*")
    return text.format(po=f"PO{number}").encode()


def test_every_repairable_fault_says_so(lab):
    assert {name for name, kind in KINDS.items() if kind.is_repairable} >= {"short_pick", "carrier_books_too_slow"}
    assert not any(kind.is_lookalike for kind in KINDS.values() if kind.is_repairable)
