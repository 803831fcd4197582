"""With a hundred thousand living cases a page still reads some dozens of rows."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

import psycopg
import pytest

import desk_story
from crossdock.desk import queries
from crossdock.desk.filters import Filter
from crossdock.desk.viewer import Viewer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
MANY = 100_000
ADA = Viewer("ada", frozenset({"Admin"}))
WALT = Viewer("walt", frozenset({"Warehouse"}), frozenset({"warehouse"}))


@pytest.fixture(scope="module")
def crowded(modelled_for_module) -> Iterator[psycopg.Connection]:
    """Cases of two queues, few of a third, few assigned, each of an order of its own with an identifier."""
    story = desk_story.begin(modelled_for_module)
    with psycopg.connect(modelled_for_module["owner"]) as owner:
        owner.execute("alter table ops.cases disable trigger user")
        owner.execute(
            """
            insert into ops.cases (lead_code, subject_id, thread_id, order_id, title, severity, owner_queue, assignee,
                next_action, next_actor, since_at, sla_due_at, opened_as_of)
            select 'inventory_short_pick', 'd' || n, 'shop-main/order/' || n, 'shop-main/order/' || n, 'a case', 'high',
                case when n %% 1000 = 0 then 'finance' when n %% 2 = 0 then 'warehouse' else 'logistics' end,
                case when n %% 5000 = 0 then 'walt' end, 'wait', 'crossdock', '2026-01-08Z',
                timestamptz '2026-01-08Z' + n * interval '1 second', '2026-01-08Z'
            from generate_series(1, %s) as n
            """,
            [MANY],
        )
        owner.execute("alter table ops.cases enable trigger user")
    with story.connect("dbt") as dbt:
        dbt.execute(
            """
            insert into canonical.identifiers (thread_id, identifier, namespace, value, depth)
            select 'shop-main/order/' || n, 'shop-main/order/' || n, 'shop-main/order', n::text, 0
            from generate_series(2000, %s) as n
            """,
            [MANY],
        )
        dbt.execute("analyze canonical.identifiers")
    with psycopg.connect(modelled_for_module["owner"], autocommit=True) as owner:
        owner.execute("vacuum analyze ops.cases")
    with story.connect() as app:
        yield app


def read_rows(connection: psycopg.Connection, name: str, values: dict) -> tuple[int, str]:
    """How many rows the scans of a query looked at, and its plan."""
    explained = f"explain (analyze, format json) {(queries.SQL / f'{name}.sql').read_text()}"
    plan = connection.execute(explained, values, prepare=False).fetchone()[0][0]["Plan"]
    nodes, looked = [plan], 0
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if "Relation Name" in node:
            per_loop = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            looked += per_loop * node["Actual Loops"]
    return int(looked), str(plan)


@pytest.mark.parametrize(
    ("chosen", "viewer"),
    [
        (Filter(), ADA),
        (Filter(), WALT),
        (Filter(queue="finance"), ADA),
        (Filter(queue="all", mine=True), WALT),
        (Filter(queue="all", after="2026-01-08T20:00:00+00:00~60000"), ADA),
        (Filter(queue="logistics", after="2026-01-08T20:00:00+00:00~60000"), ADA),
        (Filter(queue="all", state="all"), ADA),
        (Filter(queue="all", state="all", after="50000"), ADA),
        (Filter(queue="all", severity="high", state="open"), ADA),
    ],
)
def test_a_page_reads_little_more_than_it_shows(crowded, chosen, viewer):
    """By an index, from wherever the page begins; no scan of the table."""
    name = "page_urgent" if chosen.is_urgent_first else "page_newest"
    values = chosen.values(viewer) | {"threads": None, "case_id": None}
    looked, plan = read_rows(crowded, name, values)
    assert "Seq Scan" not in plan
    assert 0 < looked <= 300


def test_a_search_goes_by_the_index(crowded):
    """Each spelling of each kind of each partner is looked up; nothing is scanned but the few partners."""
    looked, plan = read_rows(crowded, "find", {"text": "77777"})
    assert "'Relation Name': 'identifiers'" in plan
    assert looked <= 1000
    found = queries.find(crowded, "77777")
    assert [row["thread_id"] for row in found] == ["shop-main/order/77777"]
    rows, is_more = queries.page(crowded, Filter(queue="all", state="all", text="77777"), ADA, found)
    assert ([row["order_id"] for row in rows], is_more) == (["shop-main/order/77777"], False)


def test_the_two_pages_of_a_boundary_share_no_case(crowded):
    """A page of fifty is followed by the next fifty."""
    chosen = Filter(queue="all")
    first, _ = queries.page(crowded, chosen, ADA, [])
    after = dict(parse_qsl(chosen.next_address(first[-1])))["after"]
    second, _ = queries.page(crowded, Filter(queue="all", after=after), ADA, [])
    assert len(first) == len(second) == 50
    assert second[0]["case_id"] == first[-1]["case_id"] + 1
