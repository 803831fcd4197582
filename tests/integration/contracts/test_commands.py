"""The commands, as a person calls them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

CROSSDOCK = str(Path(sys.executable).with_name("crossdock"))
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: mine.orders
version: 1.0.0
status: active
schema:
- name: order
  properties:
  - {name: order_id, logicalType: integer, required: true, unique: true}
  - {name: customer_id, logicalType: integer, relationships: [{to: customers.customer_id}]}
  - name: qty
    logicalType: number
    quality:
    - {type: custom, engine: greatExpectations, severity: error,
       implementation: {type: expect_column_values_to_be_between, kwargs: {min_value: 1}}}
"""


@pytest.fixture
def crossdock(database: dict[str, str]):
    """Runs one command against the test's database."""

    def run(*words: str) -> subprocess.CompletedProcess:
        environment = os.environ | {"CROSSDOCK_DSN": database["app"], "COLUMNS": "200"}
        return subprocess.run([CROSSDOCK, *words], env=environment, capture_output=True, text=True, check=False)

    return run


def test_a_table_from_outside_is_judged(crossdock, database, tmp_path):
    """Every failing row with its rule and reason; status 1; the same table mended gives status 0."""
    (tmp_path / "orders.v1.yaml").write_text(CONTRACT)
    with psycopg.connect(database["owner"]) as owner:
        owner.execute("create schema mine; grant usage on schema mine to public")
        owner.execute(
            "create table mine.customers (customer_id int primary key); insert into mine.customers values (1)"
        )
        owner.execute("create table mine.orders (row_id int primary key, order_id text, customer_id int, qty numeric)")
        owner.execute(
            "insert into mine.orders values "
            "(1, '1', 1, 5), (2, '2', 9, 5), (3, '3', 1, 0), (4, 'x', 1, 1), (5, '1', null, 1)"
        )
        owner.execute("grant select on all tables in schema mine to public")
    words = ("contracts", "check", "--table", "mine.orders", "--contract", str(tmp_path / "orders.v1.yaml"))
    found = crossdock(*words)
    assert found.returncode == 1
    for line in (
        "referenced of customer_id: 1 rows (error)", "2: customer id '9' is not in customers",
        "between of qty: 1 rows (error)", "3: qty is '0'; it must be at least 1",
        "4: order id is 'x', which is not a whole number", "unique of order_id: 2 rows (error)",
        "5 failing rows, 4 broken rules",
    ):  # fmt: skip
        assert line in found.stdout
    with psycopg.connect(database["owner"]) as owner:
        owner.execute("delete from mine.orders where row_id > 1")
    assert crossdock(*words).returncode == 0


def test_partners_quarantine_and_codes_from_the_command_line(crossdock, app):
    """Sync, look, map, release: what a person does when a code is new."""
    assert "7 partners" in crossdock("partner", "sync").stdout
    app.execute(
        """
        with d as (insert into raw.documents
            (feed_id, checksum, content, content_type, content_bytes, source_ref, correlation_id)
            select feed_id, 'x', '', 'application/json', 0, 'test', 'test' from ref.feeds where feed = 'tickets'
            returning *),
        r as (insert into raw.records (feed_id, native_id, payload_hash, payload, document_id, ordinal)
            select feed_id, '7', 'x', '{"id": 7, "status": "opened"}', document_id, 0 from d returning *)
        insert into ops.quarantine (feed_id, record_id, rule, field, value, reason, native_id, contract)
        select feed_id, record_id, 'mapped', 'status', 'opened', 'ticket status ''opened'' has no mapping', '7',
            'zendesk/tickets.v1' from r
        """
    )
    app.commit()
    assert "opened" in crossdock("quarantine", "list").stdout
    assert '"value": "opened"' in crossdock("quarantine", "show", "1").stdout
    missing = crossdock("codes", "missing").stdout
    assert "ticket_status" in missing
    assert "open " in missing
    assert "is 'open'; 1 records queued" in crossdock("codes", "approve", "zendesk", "ticket_status", "opened").stdout
    assert "1 queued" in crossdock("quarantine", "release", "--value", "opened").stdout
    refused = crossdock("quarantine", "release", "--value", "opened")
    assert (refused.returncode, "nothing in quarantine" in refused.stderr) == (1, True)
    assert "opened" in crossdock("codes", "list", "--partner", "zendesk").stdout


def test_a_breaking_version_is_said_to_break(crossdock, tmp_path):
    """Status 1, with what breaks."""
    (tmp_path / "orders.v1.yaml").write_text(CONTRACT)
    (tmp_path / "orders.v2.yaml").write_text(CONTRACT.replace("min_value: 1", "min_value: 2"))
    found = crossdock("contracts", "diff", str(tmp_path / "orders.v1.yaml"), str(tmp_path / "orders.v2.yaml"))
    assert found.returncode == 1
    assert "BREAKING    order.qty: rule between changed" in found.stdout
    back = crossdock("contracts", "diff", str(tmp_path / "orders.v2.yaml"), str(tmp_path / "orders.v1.yaml"))
    assert (back.returncode, "backwards compatible" in back.stdout) == (0, True)
