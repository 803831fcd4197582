"""Each type of event has its own objectives: an interruption begins, ends, and was in time or was not."""

from __future__ import annotations

import re
from datetime import timedelta

import psycopg
import pytest

from crossdock.core.errors import Refused
from crossdock.core.settings import settings
from crossdock.recovery import api


def test_every_type_of_event_has_its_own_objectives(platform):
    """Not one generic level: each type has exactly one objective now, and they differ."""
    rows = platform.connection.execute(
        """
        select t.event_type, count(o.*), min(o.recover_within), min(o.data_age_limit)
        from ref.fulfillment_event_types as t
        left join ref.recovery_objectives as o
            on o.event_type = t.event_type and now() between o.valid_from and o.valid_to
        group by t.event_type
        """
    ).fetchall()
    assert {count for _, count, _, _ in rows} == {1}
    assert len({(recover_within, data_age) for _, _, recover_within, data_age in rows}) > 4


def test_the_page_names_the_objectives_that_come_with_the_product(platform):
    """docs/how-to/set-recovery-objectives.md says of each type what the table says."""
    page = (settings().project_dir / "docs/how-to/set-recovery-objectives.md").read_text()
    row = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \| (\w+) \|$", re.MULTILINE)
    objectives = platform.connection.execute(
        """
        select t.event_type, o.recover_within, o.data_age_limit, o.criticality
        from ref.fulfillment_event_types as t join ref.recovery_objectives as o using (event_type) order by t.place
        """
    ).fetchall()
    assert [(name, length(time), length(age), level) for name, time, age, level in row.findall(page)] == objectives


def length(text: str) -> timedelta:
    """`40 min` or `2 h`."""
    number, unit = text.split()
    return timedelta(**{{"min": "minutes", "h": "hours"}[unit]: int(number)})


def test_what_is_read_on_time_is_current(platform):
    """A source that moves or not: having been read to its end is what counts."""
    platform.later(minutes=5)
    assert platform.look("order_posted")["data_age"] == timedelta(minutes=5)
    assert platform.watch() == (0, 0)


def test_an_outage_interrupts_what_the_partner_tells_and_ends_when_it_was_read_again(platform):
    """All types of SAP's feeds begin with its last answer; the circuit alone ends nothing, a read does."""
    began = platform.now
    platform.later(minutes=3)
    platform.endpoint(circuit="open", opened_at=platform.now, last_failure_at=platform.now)
    assert platform.watch() == (5, 0), "order_posted, invoiced, delivery_released, goods_issue_posted, stock_changed"
    assert platform.watch() == (0, 0), "looking again writes nothing new"
    platform.later(minutes=30)
    platform.endpoint(circuit="closed", opened_at=None, last_success_at=platform.now)
    assert platform.watch() == (0, 0)
    platform.read("sales_orders", "deliveries")
    assert platform.watch() == (0, 4)
    assert platform.past("order_posted") == [
        ("order_posted", "erp/sales_orders", ["endpoint_down", "not_read"], began, platform.now, "met", True)
    ]
    (invoiced,) = platform.past("invoiced")
    assert invoiced[-2:] == ("met", False), "33 minutes are too old for orders, not for invoices"


def test_too_late_is_missed(platform):
    """Stock is back after three hours; two were allowed."""
    platform.endpoint(circuit="open", opened_at=platform.now)
    platform.later(minutes=1)
    platform.watch()
    platform.later(hours=3)
    platform.endpoint(circuit="closed")
    platform.read()
    platform.watch()
    assert [row[5] for row in platform.past("stock_changed")] == ["missed"]
    assert [row[5] for row in platform.past("invoiced")] == ["met"], "eight hours were allowed"


def test_a_backlog_of_ours_is_told_from_a_feed_that_is_not_read(platform):
    """Read on time, not taken through the lane: ours. It began when the oldest became too old."""
    platform.arrive("sales_orders", 3)
    landed = platform.now
    platform.later(minutes=20)
    platform.read()
    row = platform.look("order_posted")
    assert (row["cause"], row["waiting_count"], row["interrupted_at"]) == (
        "own_backlog", 3, landed + timedelta(minutes=15),
    )  # fmt: skip
    platform.watch()
    platform.drain()
    assert platform.watch() == (0, 1)
    assert platform.past("order_posted")[0][2:4] == (["own_backlog"], landed + timedelta(minutes=15))


def test_the_evidence_names_the_cause(platform):
    """Throttled since the last full read; a run that failed; nobody reads."""
    platform.later(minutes=20)
    assert platform.look("order_posted")["cause"] == "not_read"
    platform.run("sales_orders", "failed")
    assert platform.look("order_posted")["cause"] == "read_failed"
    platform.endpoint(last_throttled_at=platform.now)
    assert platform.look("order_posted")["cause"] == "throttled"
    assert platform.look("invoiced")["cause"] is None, "twenty minutes are no interruption of invoices"


def test_documents_that_we_owe_are_an_event_of_their_own(platform):
    """A 997 that is written and not sent interrupts acknowledging; once sent nothing waits and it is over."""
    platform.connection.execute(
        """
        insert into ops.outbound_documents (partner_id, document_type, interchange_control_number, content,
            idempotency_key, created_at, created_as_of)
        values ('acme', '997', '1', '', 'k', %(now)s, %(now)s)
        """,
        {"now": platform.now},
    )
    written = platform.now
    platform.later(minutes=40)
    platform.read()
    assert platform.watch() == (1, 0)
    platform.connection.execute("update ops.outbound_documents set state = 'sent'")
    platform.later(minutes=1)
    platform.watch()
    assert platform.past() == [
        ("order_acknowledged", "outbound_documents to acme", ["own_backlog"], written + timedelta(minutes=15),
         platform.now, "met", True)
    ]  # fmt: skip


def test_another_objective_holds_from_now_on_without_code(platform):
    """The old row keeps its time; what is open keeps the objectives it began with."""
    platform.later(minutes=20)
    platform.watch()
    api.set_objective(
        platform.connection, "stock_changed", by="anna", data_age_limit=timedelta(minutes=10), note="promised online",
        now=platform.now,
    )  # fmt: skip
    assert platform.watch() == (1, 0)
    rows = platform.connection.execute(
        "select data_age_limit, recover_within, valid_to = 'infinity', approved_by from ref.recovery_objectives"
        " where event_type = 'stock_changed' order by valid_from"
    ).fetchall()
    assert rows == [
        (timedelta(minutes=40), timedelta(hours=2), False, "crossdock"),
        (timedelta(minutes=10), timedelta(hours=2), True, "anna"),
    ]
    with pytest.raises(Refused, match="stock_lost"):
        api.set_objective(platform.connection, "stock_lost", by="anna", criticality="low")


def test_two_objectives_cannot_hold_at_once(platform):
    """The database refuses it."""
    with pytest.raises(psycopg.errors.ExclusionViolation):
        platform.connection.execute(
            "insert into ref.recovery_objectives (event_type, recover_within, data_age_limit, criticality, approved_by)"
            " values ('picked', '1 hour', '1 hour', 'low', 'anna')"
        )


def test_a_feed_that_is_switched_off_is_withdrawn(platform):
    """Neither met nor missed."""
    platform.later(hours=1)
    platform.watch()
    platform.connection.execute("update ref.feeds set is_active = false")
    platform.watch()
    assert {row[5] for row in platform.past()} == {"withdrawn"}


def test_a_feed_that_was_never_read_has_nothing_to_recover(platform):
    """A new partner is no outage."""
    platform.connection.execute("delete from raw.cursors")
    platform.later(days=1)
    assert platform.watch() == (0, 0)


def test_looking_does_not_grow_with_history(platform):
    """However many runs, recoveries and sent documents there are, no scan reads them all."""
    platform.connection.execute(
        """
        insert into raw.runs (feed_id, status, trigger, correlation_id, started_at)
        select f.feed_id, 'failed', 't', 'c', now() - n * interval '1 minute'
        from ref.feeds as f, generate_series(1, 20000) as n;
        insert into ops.outbound_documents (partner_id, document_type, interchange_control_number, content,
            idempotency_key, created_as_of, state)
        select 'acme', '997', n::text, '', n::text, now(), 'sent' from generate_series(1, 20000) as n;
        analyze raw.runs, ops.outbound_documents;
        """
    )
    body = platform.connection.execute("select prosrc from pg_proc where proname = 'recovery_at'").fetchone()[0]
    asked = re.sub(r"\bat\b", "now()", body)
    plan = platform.connection.execute(f"explain (analyze, format json) {asked}").fetchone()[0][0]["Plan"]
    nodes, looked = [plan], 0
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if "Relation Name" in node:
            looked += (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    assert looked < 500
