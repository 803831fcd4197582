"""Evidence holds what an operator needs: both sides, exact money, local dates, who said what."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import dict_row

pytestmark = pytest.mark.slow

ORDER = "s/order/1"


@pytest.fixture
def canonical(modelled) -> Iterator[psycopg.Connection]:
    """A connection as crossdock_dbt with one partner in São Paulo and one delivered order; rows come as dicts."""
    with psycopg.connect(modelled["owner"], autocommit=True) as owner:
        owner.execute(
            """
            insert into ref.partners (partner_id, name, system_type, role_code, owner, time_zone)
            values ('s', 'Shop', 'standard', 'shop', 'orders', 'America/Sao_Paulo')
            """
        )
    with psycopg.connect(modelled["dbt"], autocommit=True, row_factory=dict_row, options="-c TimeZone=UTC") as found:
        found.execute(
            """
            insert into canonical.orders (thread_id, order_id, source_partner_id, fulfillment_status_code,
                is_incomplete, ordered_at, promised_at)
            values (%(id)s, %(id)s, 's', 'delivered', false, '2026-01-01 12:00Z', '2026-01-05 03:00Z')
            """,
            {"id": ORDER},
        )
        yield found


def rows(connection: psycopg.Connection, code: str) -> list[dict]:
    return connection.execute(f"select * from exceptions.exc_{code}").fetchall()


@pytest.mark.parametrize(
    ("delivered_at", "by_date"),
    [("2026-01-05 20:00Z", False), ("2026-01-06 02:59Z", False), ("2026-01-06 03:00Z", True)],
)
def test_late_by_timestamp_and_by_local_date_are_told_apart(canonical, delivered_at, by_date):
    """On the promised day in the partner's time zone: late by timestamp, not by date."""
    canonical.execute(
        "insert into canonical.shipments (thread_id, order_id, shipment_id, delivered_at) values (%s, %s, 'd1', %s)",
        [ORDER, ORDER, delivered_at],
    )
    (row,) = rows(canonical, "delivered_late")
    assert row["evidence"]["late_by_local_date"] is by_date
    assert row["evidence"]["time_zone"] == "America/Sao_Paulo"


def test_money_is_exact_and_of_both_sides(canonical):
    """Amounts are numeric text with two places, each with who stated it."""
    canonical.execute(
        """
        insert into canonical.order_amounts (thread_id, order_id, kind_code, stated_by, amount, currency_code)
        values (%(id)s, %(id)s, 'ordered', 's', 0.1, 'BRL'), (%(id)s, %(id)s, 'charged', 'erp', 0.3, 'BRL')
        """,
        {"id": ORDER},
    )
    (row,) = rows(canonical, "price_mismatch")
    assert row["evidence"] == {
        "ordered_amount": "0.10",
        "ordered_by": "s",
        "charged_amount": "0.30",
        "charged_by": "erp",
        "difference_amount": "0.20",
        "currency_code": "BRL",
    }


def test_a_changed_threshold_changes_what_is_found(canonical, modelled):
    """Thresholds are data: no view is made anew when the catalogue changes."""
    canonical.execute(
        """
        insert into canonical.order_amounts (thread_id, order_id, kind_code, stated_by, amount, currency_code)
        values (%(id)s, %(id)s, 'ordered', 's', 10, 'BRL'), (%(id)s, %(id)s, 'charged', 's', 10.5, 'BRL')
        """,
        {"id": ORDER},
    )
    assert len(rows(canonical, "price_mismatch")) == 1
    with psycopg.connect(modelled["owner"], autocommit=True) as owner:
        owner.execute(
            """
            update ref.exception_catalogue set parameters = '{"tolerance_amount": "0.50"}'
            where exception_code = 'price_mismatch'
            """
        )
    assert rows(canonical, "price_mismatch") == []


def test_a_proof_says_where_and_whether_signed_and_never_by_whom(canonical):
    """Both places, the reasons, whether billing is held; nothing that names the signer."""
    canonical.execute("update canonical.orders set is_regulated = true, billing_status_code = 'not_billed'")
    canonical.execute(
        """
        insert into canonical.delivery_proofs (thread_id, order_id, shipment_id, proof_id, stated_by, tracking_number,
            delivered_postal_code, ship_to_postal_code, is_signed, delivered_at)
        values (%(id)s, %(id)s, 'd1', 't1', 'gateway', '1Z1', '97205', '12207', false, '2026-01-02 10:00Z')
        """,
        {"id": ORDER},
    )
    (row,) = rows(canonical, "pod_mismatch")
    (parcel,) = row["evidence"].pop("parcels")
    assert row["evidence"] == {
        "tracking_number": "1Z1",
        "reasons": ["elsewhere", "unsigned"],
        "delivered_at": "2026-01-02T10:00:00+00:00",
        "billing_status_code": "not_billed",
        "billing_blocked_at": None,
    }
    assert parcel["delivered_to"] == {"postal_code": "97205", "country_code": None}
    assert parcel["ship_to"] == {"postal_code": "12207", "country_code": None}
    assert not [name for name in parcel if "signed_by" in name]


def test_a_return_says_what_is_missing_and_who_says_what(canonical):
    """The facts that are missing with their times, the earliest first, and the word of each system."""
    canonical.execute("set crossdock.as_of = '2026-01-20 00:00Z'")
    canonical.execute(
        """
        insert into canonical.returns (thread_id, order_id, return_line_id, return_ref, stated_by, order_line_id,
            line_number, sku, uom_code, reason_code, return_status_code, billing_status_code, billing_stated_by,
            tracking_number, return_qty, shipped_qty, delivered_qty, received_qty, requested_at, refunded_at,
            delivered_at)
        values (%(id)s, %(id)s, 'back/return/R1#1/10', 'R1', 'back', 's/order/1#1', '10', 'SKU-1', 'EA', 'damaged',
            'refunded', 'not_billed', 'erp', '1Z1', 2, 5, 5, 1, '2026-01-08 10:00Z', '2026-01-09 10:00Z',
            '2026-01-05 02:00Z')
        """,
        {"id": ORDER},
    )
    (row,) = rows(canonical, "return_not_eligible")
    assert (row["subject_id"], row["partner_id"]) == ("back/return/R1#1/10", "back")
    assert row["evidence"]["missing"] == [
        {"fact": "invoice", "due_at": "2026-01-09T10:00:00+00:00"},
        {"fact": "receipt", "due_at": "2026-01-10T10:00:00+00:00"},
    ]
    assert row["evidence"]["billing"] == {"said_by": "erp", "status_code": "not_billed"}
    assert row["evidence"]["transport"] == {
        "shipped_qty": 5, "delivered_qty": 5, "delivered_at": "2026-01-05T02:00:00+00:00", "tracking_number": "1Z1",
    }  # fmt: skip
    assert row["evidence"]["warehouse"] == {"received_qty": 1, "received_at": None}
    assert row["evidence"]["returns"]["refunded_at"] == "2026-01-09T10:00:00+00:00"


def test_business_time_decides_what_is_due(canonical):
    """The same rows, asked at another business time: the promise has or has not passed."""
    canonical.execute("update canonical.orders set fulfillment_status_code = 'shipped'")
    canonical.execute("set crossdock.as_of = '2026-01-05 03:00Z'")
    assert rows(canonical, "open_past_promise") == []
    canonical.execute("set crossdock.as_of = '2026-01-05 03:00:01Z'")
    assert [row["subject_id"] for row in rows(canonical, "open_past_promise")] == [ORDER]


def test_a_disagreement_says_who_says_what_and_whose_word_counts(canonical, modelled):
    """Both beliefs with their times, and the system of record for the gate they differ at."""
    with psycopg.connect(modelled["owner"], autocommit=True) as owner:
        owner.execute(
            """
            insert into ref.partners (partner_id, name, system_type, role_code, owner)
            values ('wms', 'WMS', 'epcis', 'warehouse', 'o'), ('erp', 'ERP', 'sap_s4', 'erp', 'o')
            """
        )
    canonical.execute(
        """
        insert into canonical.status_beliefs (thread_id, order_id, subject_id, attribute_code, believed_by, role_code,
            status_code, status_rank, valid_at, known_at, stated_in)
        values
            (%(id)s, %(id)s, 'd1', 'shipment', 'wms', 'warehouse', 'shipped', 80, '2026-01-02Z', '2026-01-02Z', 'd1'),
            (%(id)s, %(id)s, 'd1', 'shipment', 'erp', 'erp', 'picked', 50, '2026-01-01Z', '2026-01-01Z', 'd1')
        """,
        {"id": ORDER},
    )
    (row,) = rows(canonical, "shipment_status_mismatch")
    (disagreement,) = row["evidence"]["disagreements"]
    assert (disagreement["said_by"], disagreement["not_by"]) == ("wms", "erp")
    assert (disagreement["status_code"], disagreement["whose_word_counts"]) == ("shipped", "warehouse")
    assert row["waits_for"] == ["erp"]
    assert [belief["believed_by"] for belief in row["evidence"]["beliefs"]] == ["erp", "wms"]
