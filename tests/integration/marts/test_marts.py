"""What people read of exceptions, orders and feeds, and who may read it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import psycopg
import pytest
from psycopg.rows import dict_row

pytestmark = pytest.mark.slow

AS_OF = "2026-03-10 00:00Z"
DETECTIONS = [
    # subject, order, since, due, found, cleared
    ("d1", "s/order/1", "2026-03-01 00:00Z", "2026-03-01 01:00Z", "2026-03-01 01:01Z", "2026-03-01 03:01Z"),
    ("d1", "s/order/1", "2026-03-01 04:00Z", "2026-03-01 05:00Z", "2026-03-01 05:03Z", None),
    ("d2", "s/order/2", "2026-03-09 22:00Z", "2026-03-09 23:00Z", "2026-03-09 23:00Z", None),
]  # fmt: skip


@pytest.fixture
def told(modelled) -> dict[str, str]:
    """A small world: two orders on the first of March, an exception that came back, one that is new, one feed."""
    with psycopg.connect(modelled["dbt"], autocommit=True) as dbt:
        for number in ("1", "2"):
            dbt.execute(
                """
                insert into canonical.orders
                    (thread_id, order_id, source_partner_id, is_incomplete, ordered_at, promised_at)
                values (%(id)s, %(id)s, 's', false, '2026-03-01 00:00Z', '2026-03-05 00:00Z')
                """,
                {"id": f"s/order/{number}"},
            )
    with psycopg.connect(modelled["owner"], autocommit=True) as owner:
        for subject, order, since, due, found, cleared in DETECTIONS:
            owner.execute(
                """
                insert into ops.detections (exception_code, warehouse_code, carrier_code, evidence, detected_by,
                    subject_id, thread_id, order_id, since_at, due_at, detected_as_of, cleared_as_of, cleared_at)
                values ('inventory_short_pick', 'DC-EAST', 'FASTLANE', '{}', 'fast', %s, %s, %s, %s, %s, %s, %s, %s)
                """,
                [subject, order, order, since, due, found, cleared, cleared],
            )
        _feed_with_duplicates(owner)
    return modelled


def _feed_with_duplicates(owner: psycopg.Connection) -> None:
    owner.execute(
        """
        insert into ref.partners (partner_id, name, system_type, role_code, owner) values ('s', 'S', 'x', 'shop', 'o');
        insert into ref.feeds (partner_id, feed, feed_type, contract, mode)
        values ('s', 'orders', 'x.orders', 'x/orders.v1', 'poll');
        insert into raw.runs (feed_id, status, trigger, documents_count, records_read_count, records_landed_count,
            correlation_id, started_at)
        select feed_id, 'done', 'test', 1, 10, landed, 'c', '2026-03-01 00:00Z'
        from ref.feeds, (values (10), (2)) as v (landed)
        """
    )


@pytest.fixture
def bi(told) -> Iterator[psycopg.Connection]:
    """A connection as bi_reader, at the business time of this page."""
    with psycopg.connect(told["bi_reader"], row_factory=dict_row, autocommit=True) as connection:
        connection.execute(f"set crossdock.as_of = '{AS_OF}'")
        yield connection


def test_bi_reads_every_mart_and_nothing_else(bi):
    """The BI login reads all of marts and no table, view or function's data of any other schema of ours."""
    relations = bi.execute(
        """
        select n.nspname as schema, c.relname as name, has_table_privilege(c.oid, 'select') as may_read
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname in ('raw', 'ref', 'ops', 'staging', 'canonical', 'exceptions', 'marts', 'lane')
            and c.relkind in ('r', 'v', 'm', 'p')
        """
    ).fetchall()
    assert {r["schema"] for r in relations if r["may_read"]} == {"marts"}
    assert [r["name"] for r in relations if r["schema"] == "marts" and not r["may_read"]] == []
    for relation in (r["name"] for r in relations if r["schema"] == "marts"):
        bi.execute(f'select * from marts."{relation}" limit 1')


def test_orders_in_exception_by_type(bi):
    """Orders in exception and their age, by type; a type without any has its row."""
    aging = {r["exception_code"]: r for r in bi.execute("select * from marts.mart_exception_aging")}
    short = aging["inventory_short_pick"]
    assert (short["open_count"], short["orders_count"]) == (2, 2)
    assert (short["under_4_hours_count"], short["older_count"]) == (1, 1)
    assert aging["credit_hold"]["open_count"] == 0


def test_rate_and_times_by_day(bi):
    """Count, rate against the orders placed, time to detect and to clear, by day, partner, warehouse and carrier."""
    days = bi.execute("select * from marts.mart_exception_daily order by day_date").fetchall()
    first = days[0]
    assert (str(first["day_date"]), first["partner_id"], first["warehouse_code"], first["carrier_code"]) == (
        "2026-03-01", "s", "DC-EAST", "FASTLANE",
    )  # fmt: skip
    assert (first["detected_count"], first["orders_in_exception_count"], first["orders_placed_count"]) == (2, 1, 2)
    assert first["exception_rate"] == Decimal("0.5")
    assert first["mean_time_to_detect_seconds"] == 120
    assert first["mean_time_to_clear_seconds"] == 7200
    assert days[1]["exception_rate"] is None, "nothing was placed on that day: there is no rate"


def test_recurrence_by_partner_warehouse_and_carrier(bi):
    """What cleared and came back is counted as a recurrence."""
    row = bi.execute("select * from marts.mart_exception_recurrence").fetchone()
    assert (row["detected_count"], row["subjects_count"]) == (3, 2)
    assert (row["recurring_subjects_count"], row["recurrences_count"]) == (1, 1)


def test_duplicates_by_feed(bi):
    """What was read again and did not land is a duplicate."""
    row = bi.execute("select * from marts.mart_feed_daily").fetchone()
    assert (row["records_read_count"], row["duplicates_count"], row["duplicate_rate"]) == (20, 8, Decimal("0.4"))


def test_integrations_say_what_depends_on_them(told, bi):
    """Criticality, freshness, volume and what waits, by feed: of the channel and of the warehouse behind its ERP."""
    with psycopg.connect(told["owner"]) as owner:
        owner.execute(
            """
            insert into ref.partners (partner_id, name, system_type, role_code, owner, criticality, settings) values
                ('e', 'E', 'x', 'erp', 'o', 'critical', '{}'),
                ('w', 'W', 'x', 'warehouse', 'o', 'high', '{"orders_from": "e"}'),
                ('z', 'Z', 'x', 'service_desk', 'o', 'low', '{}');
            insert into ref.feeds (partner_id, feed, feed_type, contract, mode, latency_class) values
                ('e', 'orders', 'y.orders', 'y', 'poll', 'minutes'),
                ('w', 'events', 'y.events', 'y', 'push', 'seconds'),
                ('w', 'stock', 'y.stock', 'y', 'poll', 'seconds'),
                ('z', 'tickets', 'y.tickets', 'y', 'poll', 'hours');
            insert into raw.documents (feed_id, checksum, content_type, content_bytes, source_ref, correlation_id)
            select feed_id, sha256(n::text::bytea), 'text', 1, 'r', 'c'
            from ref.feeds, generate_series(1, 14) as n where feed_type = 'y.events';
            update raw.runs set started_at = clock_timestamp() - interval '1 day'
            """
        )
    with psycopg.connect(told["dbt"]) as dbt:
        dbt.execute(
            """
            insert into canonical.identifiers (thread_id, identifier, namespace, value, depth)
            values ('s/order/1', 'e/sales_order/9', 'e/sales_order', '9', 1);
            update canonical.orders set fulfillment_status_code = 'delivered' where order_id = 's/order/2';
            """
        )
        for number in ("1", "2"):
            dbt.execute(
                """
                insert into canonical.order_lines (thread_id, order_id, order_line_id, line_number, ordered_qty,
                    allocated_qty, picked_qty, packed_qty, shipped_qty, delivered_qty, cancelled_qty, backordered_qty,
                    unit_price_amount, currency_code)
                values (%(id)s, %(id)s, %(id)s || '#1', '1', 10, 10, 4, 4, 4, 4, 1, 0, 20, 'USD')
                """,
                {"id": f"s/order/{number}"},
            )
    feeds = {(r["partner_id"], r["feed"]): r for r in bi.execute("select * from marts.mart_integrations")}
    assert feeds["w", "stock"]["open_amount"] == feeds["w", "events"]["open_amount"], "the partner's, at each feed"
    rows = {partner_id: r for (partner_id, feed), r in feeds.items() if feed != "stock"}
    assert {(r["currency_code"], r["open_orders_count"], r["open_amount"]) for n, r in rows.items() if n != "z"} == {
        ("USD", 1, 100)
    }
    assert (rows["z"]["currency_code"], rows["z"]["open_orders_count"], rows["z"]["open_amount"]) == (None, 0, None)
    told_of = ("criticality", "latency_class", "records_per_day")
    assert [rows["w"][name] for name in told_of] == ["high", "seconds", 2]
    assert rows["s"]["records_per_day"] == Decimal("1.7"), "twelve landed in seven days"


def test_orders_say_whether_they_are_in_exception(bi):
    """`is_exception_pending` is derived from what is open."""
    orders = {r["order_id"]: r for r in bi.execute("select * from marts.fct_orders")}
    assert orders["s/order/1"]["is_exception_pending"] is True
    assert (orders["s/order/1"]["exceptions_count"], orders["s/order/1"]["open_exceptions_count"]) == (2, 1)


def test_recoveries_are_told_by_type_of_event(told, bi):
    """Objectives, present state and the past, for BI: one row a type, whether anything happened or not."""
    with psycopg.connect(told["owner"]) as owner:
        owner.execute(
            """
            insert into ops.recoveries (event_type, source, causes, criticality, recover_within, data_age_limit,
                worst_age, began_at, noticed_at, seen_at, ended_at, outcome)
            select 'picked', 'w/events' || n, '{throttled,own_backlog}', 'high', '1 hour', '15 minutes', '40 minutes',
                now() - interval '1 day', now(), now(), now() - interval '1 day' + n * interval '40 minutes',
                case n when 1 then 'met' else 'missed' end
            from generate_series(1, 2) as n
            """
        )
    rows = {r["event_type"]: r for r in bi.execute("select * from marts.mart_recovery_objectives")}
    assert len(rows) == 16
    picked = rows["picked"]
    assert (picked["recover_within_seconds"], picked["data_age_limit_seconds"]) == (3600, 900)
    assert (picked["interruptions_count"], picked["met_count"], picked["missed_count"]) == (2, 1, 1)
    assert picked["p50_recovery_seconds"] == 3600
    assert rows["order_captured"]["interruptions_count"] == 0
    recovery = bi.execute("select * from marts.fct_recoveries order by recovery_id limit 1").fetchone()
    assert (recovery["first_cause_code"], recovery["outcome"], recovery["is_age_missed"]) == ("throttled", "met", True)


def test_causes_are_told_by_day(bi):
    """Three short picks: what they come from, how many are open, how fast those that are over cleared."""
    rows = bi.execute("select * from marts.mart_root_causes order by day_date").fetchall()
    assert [(r["cause_code"], r["origin"], r["detected_count"], r["still_open_count"]) for r in rows] == [
        ("stock_short", "DC-EAST", 2, 1),
        ("stock_short", "DC-EAST", 1, 1),
    ]
    assert rows[0]["mean_time_to_clear_seconds"] == 7200


def test_posting_latency_by_leg(told, bi):
    """The ERP entered one of two orders ten minutes late; the other is not posted."""
    with psycopg.connect(told["dbt"]) as dbt:
        dbt.execute(
            """
            insert into canonical.status_beliefs (thread_id, order_id, subject_id, attribute_code, believed_by,
                role_code, status_code, valid_at, known_at, stated_in)
            values ('s/order/1', 's/order/1', 's/order/1', 'fulfillment', 'e', 'erp', 'accepted',
                '2026-03-01 00:10Z', '2026-03-01 00:11Z', 'x')
            """
        )
    (row,) = bi.execute("select * from marts.mart_posting_latency").fetchall()
    assert (row["leg_code"], row["partner_id"]) == ("order_entry", "s")
    assert (row["posted_count"], row["unposted_count"], row["p50_latency_seconds"]) == (1, 1, 600)
