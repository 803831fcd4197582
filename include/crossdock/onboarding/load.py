"""Partner folders to `ref`: partners, feeds and code maps as the folders say them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from crossdock.contracts import codes
from crossdock.contracts.codes import Code
from crossdock.contracts.load import load
from crossdock.core.errors import Misconfigured
from crossdock.onboarding.folder import Partner, find

SOURCE = "partner folder"
"""Who approved the maps that come from a folder: whoever merged the folder."""


@dataclass
class Synced:
    """What a sync changed."""

    partners: list[str] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    codes_added: int = 0
    codes_closed: int = 0
    requeued: int = 0


def sync(connection: psycopg.Connection, folders: list[Path]) -> Synced:
    """Bring `ref` to what the folders say, in the caller's transaction.

    Ids are kept. A feed that left its folder becomes inactive, never deleted: its records remain. Partners of other
    folders are left alone. A code that left `code_maps.csv` is closed now; a new or changed one re-queues only the
    records that use it.
    """
    done = Synced()
    for partner in find(folders):
        _check(partner)
        _write_partner(connection, partner)
        for feed in partner.feeds:
            _write_feed(connection, partner, feed)
            done.feeds.append(f"{partner.partner}/{feed}")
        _close_feeds(connection, partner)
        _sync_codes(connection, partner, done)
        done.partners.append(partner.partner)
    return done


def _check(partner: Partner) -> None:
    """Every feed has its contract."""
    for feed in partner.feeds:
        load(partner.contract(feed))


def _write_partner(connection: psycopg.Connection, partner: Partner) -> None:
    settings = {**partner.settings, "connection": partner.connection}
    connection.execute(
        """
        insert into ref.partners
            (partner_id, name, system_type, role_code, time_zone, criticality, owner, settings, is_active)
        values (%s, %s, %s, %s, %s, %s, %s, %s, true)
        on conflict (partner_id) do update set
            name = excluded.name, system_type = excluded.system_type, role_code = excluded.role_code,
            time_zone = excluded.time_zone, criticality = excluded.criticality, owner = excluded.owner,
            settings = excluded.settings, is_active = true, synced_at = clock_timestamp()
        """,
        [partner.partner, partner.name, partner.system_type, partner.role, partner.time_zone, partner.criticality,
         partner.owner, Jsonb(settings)],
    )  # fmt: skip


def _write_feed(connection: psycopg.Connection, partner: Partner, feed: str) -> None:
    given = partner.feeds[feed]
    connection.execute(
        """
        insert into ref.feeds (partner_id, feed, feed_type, contract, mode, latency_class, settings, is_active)
        values (%s, %s, %s, %s, %s, %s, %s, true)
        on conflict (partner_id, feed) do update set
            feed_type = excluded.feed_type, contract = excluded.contract, mode = excluded.mode,
            latency_class = excluded.latency_class, settings = excluded.settings, is_active = true
        """,
        [partner.partner, feed, partner.feed_type(feed), partner.contract(feed), given.mode, given.latency_class,
         Jsonb(partner.feed_settings(feed))],
    )  # fmt: skip


def _close_feeds(connection: psycopg.Connection, partner: Partner) -> None:
    connection.execute(
        "update ref.feeds set is_active = false where partner_id = %s and not feed = any(%s)",
        [partner.partner, list(partner.feeds)],
    )


def _sync_codes(connection: psycopg.Connection, partner: Partner, done: Synced) -> None:
    wanted = {
        Code(row.system_type, partner.partner, row.kind, row.their_code, row.our_code, row.valid_from, row.valid_to)
        for row in partner.codes()
    }
    _refuse_overlaps(partner, wanted)
    known = codes.of_source(connection, partner.partner, SOURCE)
    is_first = not connection.execute(
        "select exists (select from raw.records join ref.feeds using (feed_id) where partner_id = %s)",
        [partner.partner],
    ).fetchone()[0]
    for code_map_id, code in known.items():
        if not any(code.says_the_same(other) for other in wanted):
            codes.close(connection, code_map_id)
            done.codes_closed += 1
    fresh = [code for code in wanted if not any(code.says_the_same(other) for other in known.values())]
    for code in sorted(fresh, key=lambda c: (c.kind, c.their_code, str(c.valid_from))):
        codes.add(connection, code, approved_by=SOURCE)
        done.codes_added += 1
    if not is_first:
        done.requeued += codes.requeue(connection, fresh)


def _refuse_overlaps(partner: Partner, wanted: Iterable[Code]) -> None:
    seen: dict[tuple, Code] = {}
    for code in wanted:
        key = (code.system_type, code.kind, code.their_code, code.valid_from)
        if key in seen:
            raise Misconfigured(
                f"{partner.folder / partner.code_maps}: {code.kind} {code.their_code!r} is mapped to both "
                f"{seen[key].our_code!r} and {code.our_code!r}",
                hint="keep one of them, or give each its own time",
            )
        seen[key] = code
