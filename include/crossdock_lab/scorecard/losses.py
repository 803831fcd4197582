"""Whether anything was lost: what each system has, against what landed, was set aside, and became canonical."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

SOURCES = {
    "sap_s4.sales_orders": ("sap", "sales_orders", "ltrim(body ->> 'SalesOrder', '0')"),
    "sap_s4.deliveries": ("sap", "deliveries", "ltrim(body ->> 'DeliveryDocument', '0')"),
    "sap_s4.material_stock": ("sap", "material_stock", "object_id"),
    "epcis.events": ("wms", "events", "body ->> 'eventID'"),
    "easypost.trackers": ("easypost", "trackers", "body ->> 'id'"),
    "shopify.orders": ("shop", "orders", "body ->> 'id'"),
    "shopify.fulfillments": ("shop", "fulfillments", "body ->> 'id'"),
    "shopify.inventory_levels": ("shop", "inventory_levels", "object_id"),
    "zendesk.tickets": ("zendesk", "tickets", "body ->> 'id'"),
}
"""Feed type: where the lab keeps its objects, and the key the source itself gives them."""
LANDED_KEY = {
    "sap_s4.sales_orders": "ltrim(native_id, '0')",
    "sap_s4.deliveries": "ltrim(native_id, '0')",
    "sap_s4.material_stock": "array_to_string((string_to_array(native_id, '/'))[1:3], '/')",
}
"""Feed type: the same key, from the product's native id, where it is not the native id itself."""
DATED = {"sap_s4.deliveries"}
"""Feed types whose versions carry the day of their change, not its time."""
FILES = {"x12.interchanges": "acme-edi", "standard.returns": "returns-main"}
"""Feed type: whose files the lab drops for it."""


@dataclass(frozen=True, slots=True)
class FeedLoss:
    """One feed. `missing` are the source's own keys; counts are of objects, for files of documents."""

    feed: str
    source: int
    landed: int
    set_aside: int  # whole records in open quarantine
    waiting: int  # landed, not yet judged
    missing: tuple[str, ...]
    stale: tuple[str, ...]  # landed, but not the newest version, though the feed was read past its change
    unaccounted: int  # landed, neither waiting, set aside, deleted at the source nor canonical

    @property
    def lost(self) -> int:
        return len(self.missing) + len(self.stale) + self.unaccounted


def losses(lab: psycopg.Connection, product: psycopg.Connection, before: datetime) -> list[FeedLoss]:
    """Every feed that the lab has a source for and the product has a feed of, as of `before` (lab time).

    What came to be later the product may not have read yet.
    """
    has = _column(product, "select feed_type from ref.feeds where is_active", [])
    found = [_objects(lab, product, feed_type, before) for feed_type in SOURCES if feed_type in has]
    return found + [_files(lab, product, feed_type, before) for feed_type in FILES if feed_type in has]


def _objects(lab: psycopg.Connection, product: psycopg.Connection, feed_type: str, before: datetime) -> FeedLoss:
    system, kind, key = SOURCES[feed_type]
    rows = lab.execute(
        f"""select {key}, changed_at, deleted from lab.objects
            where system = %s and kind = %s and (created_at <= %s or deleted)""",
        [system, kind, before],
    ).fetchall()
    source = {native: changed_at for native, changed_at, deleted in rows if not deleted}
    deleted = {native for native, _, deleted in rows if deleted}
    landed = _landed(product, feed_type)
    accounted = _canonical(product, feed_type, LANDED_KEY.get(feed_type, "native_id")) | deleted
    read_through = min(before, _read_through(product, feed_type) or before)
    known = source.keys() & landed.keys()
    return FeedLoss(
        feed_type,
        len(source),
        len(known),
        sum(one.is_aside for one in landed.values()),
        sum(one.waits for one in landed.values()),
        tuple(sorted(source.keys() - landed.keys())),
        tuple(sorted(n for n in known if source[n] <= read_through and landed[n].lags(feed_type, source[n]))),
        sum(not one.waits and not one.is_aside and native not in accounted for native, one in landed.items()),
    )


@dataclass(frozen=True, slots=True)
class Landed:
    """What the product has of an object; `changed_at` of its newest version, as the source stamped it."""

    waits: bool
    is_aside: bool
    changed_at: datetime | None

    def lags(self, feed_type: str, changed_at: datetime) -> bool:
        """Whether the source has a newer version; a source whose versions carry no time cannot be asked."""
        if self.changed_at is None:
            return False
        if feed_type in DATED:
            return self.changed_at.date() < changed_at.date()
        return self.changed_at < changed_at - timedelta(seconds=1)


def _landed(product: psycopg.Connection, feed_type: str) -> dict[str, Landed]:
    rows = product.execute(
        f"""select key, bool_or(p.record_id is not null), bool_or(q.quarantine_id is not null), max(r.changed_at)
            from (
                select {LANDED_KEY.get(feed_type, "native_id")} as key, record_id, feed_id, changed_at from raw.records
            ) as r
            join ref.feeds as f using (feed_id)
            left join raw.pending_records as p using (record_id)
            left join ops.quarantine as q on q.record_id = r.record_id and q.part = '' and q.state = 'open'
            where f.feed_type = %s group by key""",
        [feed_type],
    ).fetchall()
    return {native: Landed(*known) for native, *known in rows}


def _read_through(product: psycopg.Connection, feed_type: str) -> datetime | None:
    """How far every feed of the type has been read; None where they are pushed."""
    return product.execute(
        """select min(coalesce(c.read_through_at, '1970-01-01')) from ref.feeds as f
           left join raw.cursors as c using (feed_id)
           where f.feed_type = %s and f.is_active and f.mode <> 'push'""",
        [feed_type],
    ).fetchone()[0]


def _canonical(product: psycopg.Connection, feed_type: str, landed_key: str) -> set[str]:
    """The objects that made it into the canonical model; none, where that was never built."""
    if product.execute("select to_regclass('canonical.identifier_links')").fetchone() == (None,):
        return set()
    return _column(
        product,
        f"select {landed_key} from canonical.identifier_links join ref.feeds using (feed_id) where feed_type = %s",
        [feed_type],
    )


def _files(lab: psycopg.Connection, product: psycopg.Connection, feed_type: str, before: datetime) -> FeedLoss:
    """Files the partner has dropped, against documents with the same bytes."""
    dropped = dict(
        lab.execute(
            """select path, encode(sha256(content), 'hex') from lab.files
               where partner = %s and dropped_at is not null and due_at <= %s""",
            [FILES[feed_type], before],
        ).fetchall()
    )
    rows = product.execute(
        """select encode(sha256(d.content), 'hex'), bool_or(p.document_id is not null),
                  bool_or(q.quarantine_id is not null),
                  bool_or(r.record_id is not null)
           from raw.documents as d
           join ref.feeds as f using (feed_id)
           left join raw.pending_documents as p using (document_id)
           left join ops.quarantine as q on q.document_id = d.document_id and q.record_id is null and q.state = 'open'
           left join raw.records as r on r.document_id = d.document_id
           where f.feed_type = %s and d.content is not null group by 1""",
        [feed_type],
    ).fetchall()
    landed = {digest: (waits, aside, read) for digest, waits, aside, read in rows}
    gone = [d for d, (waits, aside, read) in landed.items() if not waits and not aside and not read]
    return FeedLoss(
        feed_type,
        len(dropped),
        sum(digest in landed for digest in dropped.values()),
        sum(aside for _, aside, _ in landed.values()),
        sum(waits for waits, _, _ in landed.values()),
        tuple(sorted(path for path, digest in dropped.items() if digest not in landed)),
        (),
        len(gone),
    )


def _column(connection: psycopg.Connection, sql: str, values: list) -> set[str]:
    return {value for (value,) in connection.execute(sql, values).fetchall()}
