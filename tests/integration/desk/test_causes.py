"""The page of causes: what the evidence names, counted and linked; what it does not name is said to be unknown."""

from __future__ import annotations

import re

import psycopg
import pytest

import desk_story
from crossdock.contracts.load import load
from crossdock.core.settings import settings
from page_reader import Page

pytestmark = pytest.mark.slow
SET_ASIDE = {"set_aside": [{"feed": "orders", "rule": "mapped", "field": "sku", "value": "X-1"}]}
CASES = [
    # code, columns, evidence, cause, origin
    ("order_incomplete", {}, SET_ASIDE, "unmapped_item", "shop-main/orders sku"),
    ("order_incomplete", {}, {"set_aside": [{"feed": "orders", "rule": "mapped", "field": "carrier"}]}, "unmapped_code",
     "shop-main/orders carrier"),
    ("order_incomplete", {}, {"set_aside": [{"feed": "orders", "rule": "present", "field": "lines"}]},
     "broken_contract", "shop-main/orders lines"),
    ("order_incomplete", {}, {"set_aside": [], "reasons": ["no lines"]}, "order_incomplete", "shop-main"),
    ("partner_unavailable", {"subject_id": "endpoint/sap-main"}, {"circuit": "open"}, "endpoint_down",
     "endpoint/sap-main"),
    ("partner_unavailable", {"subject_id": "endpoint/shop-main"}, {"circuit": "closed", "throttled_count": 3},
     "throttled", "endpoint/shop-main"),
    ("partner_unavailable", {"subject_id": "feed/wms-main/events"}, {"missing_count": 2}, "records_missing",
     "feed/wms-main/events"),
    ("shipment_status_mismatch", {}, {"disagreements": [{"said_by": "wms-main", "not_by": "sap-main"}]}, "erp_posting",
     "sap-main"),
    ("shipment_status_mismatch", {}, {"disagreements": [{"said_by": "easypost", "not_by": "wms-main"}]},
     "warehouse_silent", "W1"),
    ("shipment_status_mismatch", {}, {"disagreements": [{"said_by": "wms-main", "not_by": "shop-main"}]},
     "other_system_behind", "shop-main"),
    ("milestone_stale", {}, {"leg": "release_to_shipping"}, "warehouse_silent", "W1"),
    ("milestone_stale", {}, {"leg": "in_transit"}, "carrier_silent", "UPS"),
    ("carrier_handover_late", {}, {"handed_over_at": None}, "warehouse_silent", "W1"),
    ("carrier_handover_late", {}, {"handed_over_at": "2026-01-09T10:00:00Z"}, "warehouse_late", "W1"),
    ("edi_ack_rejected", {"partner_id": "acme-edi"}, {"reason": "segment missing"}, "partner_rejected", "acme-edi"),
    ("edi_ack_overdue", {"partner_id": "acme-edi"}, {}, "partner_ack_missing", "acme-edi"),
    ("open_past_promise", {"partner_id": None}, {}, "not_known", None),
]  # fmt: skip


def add(story, code: str, columns: dict, evidence: dict, number: int = 0) -> int:
    """A case whose detection has this evidence, with the places that a view would have given it."""
    places = {"partner_id": "shop-main", "warehouse_code": "W1", "carrier_code": "UPS"} | columns
    case_id = desk_story.add_case(story, lead_code=code, evidence=evidence,
                                  **({"subject_id": f"{code}/{number}"} | places))  # fmt: skip
    with story.connect() as app:
        app.execute(
            """
            update ops.detections set partner_id = %(partner_id)s, warehouse_code = %(warehouse_code)s,
                carrier_code = %(carrier_code)s
            where detection_id = (select max(detection_id) from ops.case_symptoms where case_id = %(case_id)s)
            """,
            places | {"case_id": case_id},
        )
    return case_id


def sections(page: Page) -> dict[str, list[list[str]]]:
    """Heading of a section → the texts of its table's rows, head first."""
    rows: dict[str, list[list[str]]] = {}
    for row in page.tags("tr"):
        (section,) = [e for e in row.path if e.tag == "section"]
        rows.setdefault(section["aria-labelledby"], []).append([cell.text.strip() for cell in row.children])
    return rows


def test_each_cause_follows_from_the_evidence(story):
    """One case each: what its detection says decides, and nothing else."""
    made = [add(story, *given[:3], number=n) for n, given in enumerate(CASES)]
    rows = story.rows("select case_id, cause_code, origin from ops.living_case_causes")
    found = {case_id: named for case_id, *named in rows}
    assert [found[case_id] for case_id in made] == [list(given[3:]) for given in CASES]


def test_every_item_field_of_a_contract_is_known_as_one(story):
    """What a contract maps as an item number is an unmapped item; no list outlives the contracts."""
    paths = sorted(settings().expectations_dir.glob("*/*.yaml"))
    parts = [part for path in paths for part in load(f"{path.parent.name}/{path.stem}").schema_]
    fields = {p.name for part in parts for p in part.properties if p.code_map in ("sku", "inventory_item")}
    definition = story.rows("select pg_get_viewdef('ops.detection_causes'::regclass)")[0][0]
    listed = re.search(r"'field'.*?ARRAY\[(.*?)\]", definition, re.DOTALL)[1]
    assert set(re.findall(r"'(\w+)'", listed)) == fields


def test_the_page_ranks_and_links(story, person):
    """The most cases first; each line leads to a list of just these cases."""
    one = add(story, "milestone_stale", {}, {"leg": "in_transit"}, 1)
    two = [add(story, "order_incomplete", {}, SET_ASIDE, n) for n in (2, 3)]
    page = Page(person("vera").get("/causes").text)
    head, first, second = sections(page)["open"]
    assert head[:3] == ["Cause", "Where", "Cases"]
    assert first[0].startswith("Unmapped item (SKU)")
    assert first[1] == "shop-main/orders sku"
    assert first[2].startswith("2 cases")
    assert second[0].startswith("Carrier silent")
    links = [a["href"] for a in page.tags("a") if "cause=" in (a["href"] or "")]
    listed = [set(map(int, re.findall(r"/desk/cases/(\d+)\"", person("vera").get(h.removeprefix("/desk")).text)))
              for h in links]  # fmt: skip
    assert listed == [set(two), {one}]


def test_what_was_found_counts_in_its_window(story, person):
    """An exception of ten days ago is in the month, not in the week; what is over says how fast."""
    old = add(story, "milestone_stale", {}, {"leg": "in_transit"}, 1)
    with story.connect() as app:
        app.execute(
            """
            update ops.detections set detected_at = now() - interval '10 days', cleared_at = now(),
                cleared_as_of = detected_as_of + interval '3 hours'
            where detection_id = (select detection_id from ops.case_symptoms where case_id = %s)
            """,
            [old],
        )
    assert "found" not in sections(Page(person("vera").get("/causes", days="7").text))
    (_, row) = sections(Page(person("vera").get("/causes", days="30").text))["found"]
    assert row == ["Carrier silent", "1", "1", "0", "–", "3 h"]
    assert person("vera").get("/causes", days="365").status_code == 409


def test_what_holds_us_up_is_shown_with_the_orders_that_wait(story, person):
    """A feed that nobody reads, an unmapped item, a command that cannot go out."""
    case_id = desk_story.add_case(story)
    with psycopg.connect(story.dsn["owner"]) as owner:
        owner.execute(
            """
            insert into ops.actions (case_id, attempt, step, command, partner_id, order_id, payload, idempotency_key,
                correlation_id)
            values (%s, 1, 1, 'sap_s4.set_promise', 'sap-main', 'o', '{}', 'k', 'c')
            """,
            [case_id],
        )
        owner.execute("update ops.actions set state = 'approved', error_class = 'Throttled'")
        owner.execute(
            """
            insert into raw.cursors (feed_id, read_at) select feed_id, now() - interval '1 hour' from ref.feeds;
            insert into ops.due_times (thread_id, exception_code, due_at, waits_for)
            values ('shop-main/order/1001', 'milestone_stale', '2026-01-09Z', '{shop}');
            insert into ops.quarantine (feed_id, record_id, rule, field, value, reason, order_ref)
            select feed_id, record_id, 'mapped', 'sku', 'X-1', 'no map', '1001' from raw.records;
            """
        )
    rows = sections(Page(person("vera").get("/causes").text))["held"][1:]
    assert [row[:4] for row in rows] == [
        ["Endpoint throttled", "commands to sap-main", "1", "1"],
        ["Unmapped item (SKU)", "shop-main/orders sku", "1", "1"],
        ["Feed not read", "shop-main/orders", "0", "1"],
    ]
    assert rows[2][4] == "50 min", "an hour old, ten minutes were allowed"


def test_the_latency_of_the_erp_is_told_by_leg(story, person):
    """The order was entered an hour after its interchange was sent; its goods have not left yet."""
    rows = sections(Page(person("vera").get("/causes").text))["posting"]
    assert [row[:3] for row in rows[1:]] == [["Order taken → entered in the ERP", "1", "1 h 1 min"]]
    with story.connect("dbt") as dbt:
        for role, who, at in (("warehouse", "wms-main", "2026-01-09 08:00Z"), ("erp", "sap-main", "2026-01-09 10:30Z")):
            dbt.execute(
                """
                insert into canonical.status_beliefs (thread_id, order_id, subject_id, attribute_code, believed_by,
                    role_code, status_code, valid_at, known_at, stated_in)
                values (%(t)s, %(t)s, %(d)s, 'shipment', %(who)s, %(role)s, 'shipped', %(at)s, %(at)s, 'y')
                """,
                {"t": desk_story.THREAD, "d": desk_story.DELIVERY, "who": who, "role": role, "at": at},
            )
    rows = {row[0]: row[1:] for row in sections(Page(person("vera").get("/causes").text))["posting"]}
    assert rows["Goods left the warehouse → goods issue posted"][:5] == ["1", "2 h 30 min", "2 h 30 min", "2 h 30 min",
                                                                       "2 h 30 min"]  # fmt: skip
    assert rows["Goods left the warehouse → invoice posted"][0] == "0"


def test_a_cause_that_nobody_knows_is_refused(story, person):
    """As any other choice that the list does not offer."""
    assert person("vera").get("/", cause="bad_luck").status_code == 409


def test_causes_are_looked_up_by_the_cases_that_live(story):
    """However much was detected before and is over, only what leads a living case is read."""
    add(story, "milestone_stale", {}, {"leg": "in_transit"}, 1)
    with psycopg.connect(story.dsn["owner"], autocommit=True) as owner:
        owner.execute("alter table ops.detections disable trigger user")
        owner.execute(
            """
            insert into ops.detections (exception_code, subject_id, thread_id, since_at, due_at, evidence,
                detected_as_of, detected_by, cleared_at)
            select 'milestone_stale', 'past/' || n, 't', now(), now(), '{}', now(), 'fast', now()
            from generate_series(1, 5000) as n
            """
        )
        owner.execute("analyze ops.detections")
        asked = "explain (analyze, format json) select * from ops.living_case_causes"
        nodes, looked = [owner.execute(asked).fetchone()[0][0]["Plan"]], 0
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node.get("Relation Name") == "detections":
            looked += (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    assert 0 < looked < 10
