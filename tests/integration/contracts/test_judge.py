"""Judging claimed records: what is set aside, why, and what flows on."""

from __future__ import annotations

import pytest

from crossdock.contracts.load import parse
from crossdock.contracts.verdict import compile_verdict
from crossdock.core.settings import settings

MARCH = "/Date(1772323200000)/"


def order(**changes) -> dict:
    """A sales order that keeps its contract."""
    return {
        "SalesOrder": "0000004712", "SoldToParty": "10100001", "TransactionCurrency": "USD", "TotalNetAmount": "129.00",
        "SalesOrderDate": MARCH, "RequestedDeliveryDate": MARCH, "LastChangeDateTime": "/Date(1772323200000+0000)/",
        "OverallDeliveryStatus": "A", "OverallSDDocumentRejectionSts": "A", "TotalCreditCheckStatus": "",
        "DeliveryBlockReason": "",
        "to_Item": {"results": [line("10"), line("20")]},
        **changes,
    }  # fmt: skip


def line(number: str, **changes) -> dict:
    """An item that keeps its contract."""
    return {
        "SalesOrderItem": number, "Material": "TG2001", "RequestedQuantity": "1.000", "RequestedQuantityUnit": "PC",
        "RequestedQuantityISOUnit": "", "ProductionPlant": "1710", "NetAmount": "129.00", "TransactionCurrency": "USD",
        "ConfdDelivQtyInOrderQtyUnit": "1", **changes,
    }  # fmt: skip


@pytest.fixture
def sap(desk):
    made = desk("sap_s4/sales_orders.v1")
    for kind, code in [("sku", "TG2001"), ("uom", "PC"), ("warehouse", "1710"), ("delivery_status", "A")]:
        made.map(kind, code)
    return made


def test_a_good_record_flows(sap):
    """Nothing is set aside; an empty text counts as absent."""
    assert sap.judge(sap.land("4712", order())) == 0


def test_an_order_without_items_flows(sap):
    """It is incomplete, which is an exception's business and not the contract's."""
    assert sap.judge(sap.land("4712", order(to_Item={"results": []}))) == 0
    assert sap.judge(sap.land("4713", order(to_Item={"__deferred": {"uri": "x"}}))) == 0


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"SalesOrder": ""}, "present", "sales_order"),
        ({"TransactionCurrency": "XXX"}, "currency", "currency_code"),
        ({"TotalNetAmount": "-1.00"}, "not_negative", "net_amount"),
        ({"TotalNetAmount": "much"}, "typed", "net_amount"),
        ({"TotalNetAmount": "NaN"}, "typed", "net_amount"),
        ({"TotalNetAmount": "1e99"}, "typed", "net_amount"),
        ({"SalesOrderDate": "2026-03-01"}, "typed", "order_date"),
        ({"RequestedDeliveryDate": "/Date(0)/"}, "promise_order", "requested_date"),
        ({"OverallDeliveryStatus": "Z"}, "mapped", "delivery_status"),
        ({"DeliveryBlockReason": "99"}, "mapped", "delivery_block"),
        ({"SalesOrder": "12345678901"}, "length", "sales_order"),
    ],
)
def test_each_broken_rule_is_named(sap, changes, rule, field):
    """One change to a good record, one verdict, with the rule and the field."""
    assert sap.judge(sap.land("4712", order(**changes))) == 1
    assert [row[:4] for row in sap.verdicts()] == [("4712", "", rule, field)]


def test_a_bad_line_does_not_hold_its_order(sap):
    """Only the second item is set aside, and the sentence says what to do."""
    sap.judge(sap.land("4712", order(to_Item={"results": [line("10"), line("20", RequestedQuantityUnit="CRT")]})))
    assert sap.verdicts() == [("4712", "lines/2", "mapped", "unit", "CRT")]
    reason, order_ref = sap.connection.execute("select reason, order_ref from ops.quarantine").fetchone()
    assert reason == "unit 'CRT' of partner 'p1' has no mapping; add it to the code map, then release"
    assert order_ref == "4712"


def test_two_lines_with_one_number_are_both_set_aside(sap):
    """Nobody can say which of them is meant."""
    assert sap.judge(sap.land("4712", order(to_Item={"results": [line("10"), line("0010")]}))) == 2
    assert {row[2] for row in sap.verdicts()} == {"unique"}


def test_one_record_may_break_several_rules(sap):
    """Each is a row of its own."""
    assert sap.judge(sap.land("4712", order(TransactionCurrency="", SoldToParty=None))) == 2


@pytest.mark.parametrize("payload", [[], "text", 7, None, {"to_Item": "no array"}, {"to_Item": {"results": [1, None]}}])
def test_no_payload_stops_the_lane(sap, payload):
    """Whatever JSON comes in, a verdict comes out."""
    assert sap.judge(sap.land("odd", payload)) > 0


def test_a_percent_sign_or_a_quote_does_no_harm(sap):
    """Values are data."""
    assert sap.judge(sap.land("4712", order(TransactionCurrency="%s'; --\\"))) == 1
    assert sap.verdicts()[0][4] == "%s'; --\\"


def test_a_map_counts_while_it_is_valid_and_for_whom_it_is(sap):
    """Effective at the record's own time; the partner's own row or everybody's."""
    unit = {"to_Item": {"results": [line("10", RequestedQuantityUnit="KAR")]}}
    sap.map("uom", "KAR", valid_from="2026-03-10", valid_to="2026-04-01")
    assert sap.judge(sap.land("before", order(**unit), "2026-03-09T00:00:00Z")) == 1
    assert sap.judge(sap.land("within", order(**unit), "2026-03-11T00:00:00Z")) == 0
    assert sap.judge(sap.land("after", order(**unit), "2026-04-01T00:00:00Z")) == 1
    other = {"to_Item": {"results": [line("10", RequestedQuantityUnit="BX")]}}
    sap.map("uom", "BX", partner_id="p2")
    assert sap.judge(sap.land("other", order(**other))) == 1
    sap.map("uom", "BX", partner_id="p1")
    assert sap.judge(sap.land("own", order(**other))) == 0


def test_judging_twice_changes_nothing_and_a_mended_map_closes_the_row(sap):
    """Idempotent; once the map is there the same record passes."""
    record = sap.land("4712", order(OverallDeliveryStatus="Z"))
    assert (sap.judge(record), sap.judge(record)) == (1, 0)
    sap.map("delivery_status", "Z")
    assert sap.judge(record) == 0
    assert sap.verdicts() == []
    assert len(sap.verdicts("replayed")) == 1


def test_a_newer_fit_version_supersedes_the_older(sap):
    """The older row asks for nothing any more; a newer version of another object changes nothing."""
    sap.judge(sap.land("4712", order(TransactionCurrency="")), sap.land("4713", order(SoldToParty="")))
    sap.judge(sap.land("4712", order(), "2026-03-02T00:00:00Z"))
    assert [row[0] for row in sap.verdicts()] == ["4713"]
    assert [row[0] for row in sap.verdicts("superseded")] == ["4712"]


def test_a_late_older_version_supersedes_nothing(sap):
    """What counts is the source's time of change, not the order of arrival."""
    sap.judge(sap.land("4712", order(TransactionCurrency=""), "2026-03-05T00:00:00Z"))
    sap.judge(sap.land("4712", order(), "2026-03-02T00:00:00Z"))
    assert len(sap.verdicts()) == 1


def test_a_rule_released_by_a_person_is_not_applied_again(sap):
    """Only to that record, that part and that rule."""
    record = sap.land("4712", order(TransactionCurrency="", SoldToParty=""))
    sap.judge(record)
    sap.connection.execute("update ops.quarantine set state = 'released' where field = 'currency_code'")
    assert sap.judge(record) == 0
    assert [row[3] for row in sap.verdicts()] == ["sold_to"]


def test_verdicts_of_other_rooms_are_left_alone(sap):
    """Judge closes only what a contract said."""
    record = sap.land("4712", order())
    sap.connection.execute(
        "insert into ops.quarantine (feed_id, record_id, rule, reason) values (%s, %s, 'duplicate', 'seen before')",
        [sap.feed_id, record],
    )
    assert sap.judge(record) == 0
    assert len(sap.verdicts()) == 1


def test_a_field_may_have_the_name_of_a_column_of_verdicts(sap):
    """`reason` is what a returns system calls one: what is wrong is still told under its own name."""
    text = (settings().expectations_dir / "sap_s4" / "sales_orders.v1.yaml").read_text()
    contract = parse(text.replace("name: currency_code", "name: reason"), "sap_s4/sales_orders.v1")
    assert sap.judge(sap.land("4712", order(TransactionCurrency="XXX"))) == 1
    sap.connection.execute("delete from ops.quarantine")
    sap.connection.execute(compile_verdict(contract), {"feed_ids": [sap.feed_id]})
    assert [(rule, field) for _, _, rule, field, _ in sap.verdicts()] == [("currency", "reason")]
