"""The product's side of an EDI partner's mailbox: land what is there, judge it, answer it, in a test's database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg

from crossdock import contracts
from crossdock.edi import api
from crossdock.landing.ingest import ingest

PARTNER = "acme-edi"
KNOWN = """
insert into ref.partners (partner_id, name, system_type, role_code, owner, settings)
values ('acme-edi', 'Acme', 'x12', 'edi', 'edi', '{"connection": "acme_edi"}');
insert into ref.feeds (partner_id, feed, feed_type, contract, mode)
values ('acme-edi', 'interchanges', 'x12.interchanges', 'x12/interchanges.v1', 'file');
insert into ref.code_map (system_type, partner_id, kind, their_code, our_code, approved_by)
values ('x12', '*', 'uom', 'EA', 'EA', 'test'), ('x12', '*', 'uom', 'CA', 'CS', 'test'),
    ('x12', 'acme-edi', 'sku', 'VP4001', 'SKU-1', 'test'),
    ('x12', 'acme-edi', 'sku', 'VP4002', 'SKU-2', 'test')
"""
"""The partner, its mailbox and feed, two of its items and two of its units."""


@dataclass
class Desk:
    """The product's side: land what is in the mailbox, judge it, answer it."""

    connection: psycopg.Connection
    dsn: str
    mailbox: Path

    def receive(self, **files: bytes) -> int:
        """Put files into the mailbox and land them; returns how many records are new."""
        for name, content in files.items():
            (self.mailbox / "outbound" / f"{name}.edi").write_bytes(content)
        return ingest(PARTNER, "interchanges", conninfo=self.dsn).records_landed

    def judge(self) -> int:
        """What a lane does with waiting records: verdicts, duplicates, answers; returns how many answers are new."""
        with self.connection.transaction():
            self.connection.execute(
                """
                create temp table if not exists claimed (record_id bigint primary key, feed_id integer) on commit drop;
                with taken as (delete from raw.pending_records returning record_id)
                insert into pg_temp.claimed select record_id, feed_id from taken join raw.records using (record_id)
                """
            )
            rows = self.connection.execute("select record_id, feed_id from pg_temp.claimed order by 1").fetchall()
            contracts.judge(self.connection, sorted({feed_id for _, feed_id in rows}))
            api.judge_duplicates(self.connection, [record_id for record_id, _ in rows])
            return api.acknowledge(self.connection, [record_id for record_id, _ in rows])

    def rows(self, query: str, *values: object) -> list[tuple]:
        return self.connection.execute(query, values).fetchall()
