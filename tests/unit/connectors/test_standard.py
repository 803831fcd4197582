"""The standard feeds: published layout, CSV and JSON lines to records, files of a folder."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import orjson
import pytest

from crossdock.connectors.base import connector_for, feeds_of
from crossdock.connectors.standard.layout import SCHEMAS, columns, key_of, needed, schema
from crossdock.core.connections import Connection
from crossdock.core.errors import Misconfigured, PartnerDown, Unparsable

FEEDS = tuple(feeds_of("standard"))


def read(feed: str, content: str | bytes) -> list:
    content = content.encode() if isinstance(content, str) else content
    return list(connector_for("standard").records(feed, content))


@pytest.mark.parametrize("feed", FEEDS)
def test_the_published_schema_is_a_schema_and_its_csv_layout_has_the_same_columns(feed):
    jsonschema.Draft202012Validator.check_schema(schema(feed))
    assert set(key_of(feed)) <= set(columns(feed))
    assert set(needed(feed)) <= set(columns(feed))
    assert all(property["description"] for property in schema(feed)["properties"].values())
    layout = SCHEMAS.with_name("layouts") / f"{feed}.csv"
    assert layout.read_text() == ",".join(columns(feed)) + "\n"
    assert read(feed, layout.read_bytes()) == []


@pytest.mark.parametrize("feed", FEEDS)
def test_the_contract_and_the_published_schema_name_the_same_fields(feed):
    import yaml

    from crossdock.core.settings import settings

    contract = yaml.safe_load((settings().expectations_dir / f"standard/{feed}.v1.yaml").read_text())
    named = {p["name"]: p.get("required", False) for p in contract["schema"][0]["properties"]}
    assert set(named) == set(columns(feed))
    assert {name for name, is_required in named.items() if is_required} == set(needed(feed))


def test_a_row_that_follows_the_layout_validates():
    row = {"order_ref": "A-1", "line_number": "1", "sku": "TG11", "ordered_qty": "2", "unit_price_amount": "9.90"}
    assert row.keys() <= set(columns("order_lines"))
    content = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    record = read("order_lines", content)[0]
    assert orjson.loads(record.payload) == row
    jsonschema.validate(orjson.loads(record.payload), schema("order_lines"))


def test_values_stay_as_they_were_written_and_empty_ones_are_null():
    record = read("orders", 'order_ref,ordered_at,status\n007," 2026-01-01 ",\n')[0]
    assert record.native_id == "007"
    assert orjson.loads(record.payload) == {"order_ref": "007", "ordered_at": " 2026-01-01 ", "status": None}


def test_quotes_line_breaks_and_a_byte_order_mark():
    content = b'\xef\xbb\xbforder_ref,ordered_at,customer_ref\r\n"a,""b""",2026-01-01,"x\r\ny"\r\n\r\n'
    records = read("orders", content)
    assert orjson.loads(records[0].payload)["order_ref"] == 'a,"b"'
    assert orjson.loads(records[0].payload)["customer_ref"] == "x\r\ny"
    assert len(records) == 1


def test_json_lines_and_a_json_list_give_the_records_of_the_csv():
    row = {"order_ref": "1", "ordered_at": "2026-01-01T00:00:00Z"}
    from_csv = read("orders", "order_ref,ordered_at\n1,2026-01-01T00:00:00Z\n")
    assert read("orders", orjson.dumps(row) + b"\n\n") == from_csv
    assert read("orders", orjson.dumps([row])) == from_csv


def test_a_row_that_does_not_fit_its_header_is_set_aside_by_line_and_the_others_go_on():
    records = read("orders", "order_ref,ordered_at\n1,2026-01-01\n2\n3,2026-01-03,x\n4,2026-01-04\n")
    assert [r.native_id for r in records if not r.native_id.startswith("unkeyed/")] == ["1", "4"]
    assert orjson.loads(records[1].payload) == {"malformed_line": 3, "values": ["2"]}


def test_a_json_line_that_is_none_is_set_aside_by_line():
    records = read("orders", b'{"order_ref":"1"}\n{"order_ref":\n{"order_ref":"3"}\n')
    assert [r.native_id for r in records][::2] == ["1", "3"]
    assert orjson.loads(records[1].payload)["malformed_line"] == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ("order_ref;ordered_at\n", "lacks order_ref, ordered_at"),
        ("order_ref,ordered_at,ordered_at\n", "comes twice"),
        ('order_ref,ordered_at\n"1,2026', "no CSV"),
        (b"order_ref,ordered_at\n\xe9", "not UTF-8: byte 21 is 0xe9"),
        ('[{"order_ref": ', "no JSON list"),
    ],
)
def test_a_file_that_is_none_says_why(content, said):
    with pytest.raises(Unparsable, match=said):
        read("orders", content)


def test_keys_are_joined_and_a_slash_inside_a_value_cannot_forge_another():
    records = read("order_lines", "order_ref,line_number,sku,ordered_qty\na/1,2,x,1\na,1/2,x,1\n,2,x,1\n")
    assert [r.native_id for r in records[:2]] == ["a%2F1/2", "a/1%2F2"]
    assert records[2].native_id.startswith("unkeyed/")


def test_a_corrected_time_is_a_new_version_of_the_same_milestone_and_own_numbers_tell_them_apart():
    header = "order_ref,milestone,occurred_at,changed_at,milestone_ref\n"
    first, second, other = read(
        "milestones",
        header
        + "1,delivered,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,\n"
        + "1,delivered,2026-01-03T00:00:00Z,2026-01-04T00:00:00Z,\n"
        + "1,in_transit,2026-01-03T00:00:00Z,,scan/9\n",
    )
    assert first.native_id == second.native_id
    assert second.changed_at > first.changed_at
    assert other.native_id == "ref/scan%2F9"
    assert other.changed_at is None


def mailbox(folder: Path, **settings):
    return connector_for(
        "standard", Connection("m", conn_type="fs", extra={"path": str(folder)}), {"quiet_seconds": 0, **settings}
    )


def put(folder: Path, name: str, text: str, at: int = 1_700_000_000) -> None:
    (folder / name).write_text(text)
    os.utime(folder / name, (at, at))


def test_each_file_of_a_folder_is_read_once_oldest_first_and_again_when_it_changes(tmp_path: Path):
    put(tmp_path, "orders_2.csv", "b", 1_700_000_100)
    put(tmp_path, "orders_1.csv", "a")
    put(tmp_path, "order_lines_1.csv", "x")
    put(tmp_path, "orders_3.csv.part", "half")
    pages = list(mailbox(tmp_path).pages("orders", {}))
    assert [(page.source_ref, page.content, page.content_type) for page in pages] == [
        ("./orders_1.csv", b"a", "text/csv"),
        ("./orders_2.csv", b"b", "text/csv"),
    ]
    cursor = pages[-1].cursor
    assert list(mailbox(tmp_path).pages("orders", cursor)) == []
    put(tmp_path, "orders_1.csv", "aa")
    assert [page.content for page in mailbox(tmp_path).pages("orders", cursor)] == [b"aa"]


def test_a_run_that_dies_between_files_goes_on_with_the_next(tmp_path: Path):
    put(tmp_path, "orders_1.csv", "a")
    put(tmp_path, "orders_2.csv", "b")
    reading = mailbox(tmp_path).pages("orders", {})
    first = next(reading)
    reading.close()
    assert [page.content for page in mailbox(tmp_path).pages("orders", first.cursor)] == [b"b"]


def test_a_landed_file_is_archived_where_that_is_set(tmp_path: Path):
    put(tmp_path, "orders_1.csv", "a")
    reading = mailbox(tmp_path, archive="done").pages("orders", {})
    next(reading)
    assert (tmp_path / "orders_1.csv").exists()  # not before it is landed
    assert list(reading) == []
    assert (tmp_path / "done/orders_1.csv").read_text() == "a"


def test_patterns_and_windows_choose_the_files(tmp_path: Path):
    put(tmp_path, "bestellungen-1.csv", "a")
    put(tmp_path, "bestellungen-2.csv", "b", 1_800_000_000)
    chosen = mailbox(tmp_path, files={"orders": "bestellungen-*.csv"})
    since = {"from": "2026-01-01T00:00:00+00:00"}
    assert [page.content for page in chosen.pages("orders", since)] == [b"b"]
    until = datetime(2026, 1, 1, tzinfo=UTC)
    assert [page.content for page in chosen.pages("orders", {}, until)] == [b"a"]


def test_a_folder_that_is_not_there_is_the_partners_outage(tmp_path: Path):
    with pytest.raises(PartnerDown, match="cannot be read"):
        list(mailbox(tmp_path / "nowhere").pages("orders", {}))
    with pytest.raises(Misconfigured, match="names no folder"):
        list(connector_for("standard", Connection("m", conn_type="fs")).pages("orders", {}))
