"""Feeds as the database knows them, and the connector that reads each."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from dataclasses import dataclass

import psycopg

from crossdock.connectors.base import Connector, connector_for
from crossdock.core.connections import connection as lookup
from crossdock.core.errors import Misconfigured
from crossdock.transport.budget import DatabaseGate, Limits
from crossdock.transport.gate import Gate


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed of one partner. `settings` are the partner's, overridden by the feed's."""

    feed_id: int
    partner_id: str
    feed: str
    feed_type: str
    mode: str
    connection_id: str
    settings: dict

    @property
    def system_type(self) -> str:
        return self.feed_type.split(".", 1)[0]

    @property
    def kind(self) -> str:
        """The connector's own name of the feed."""
        return self.feed_type.split(".", 1)[1]

    @property
    def is_snapshot(self) -> bool:
        return self.mode == "snapshot"

    def gate(self, conninfo: str | None) -> AbstractContextManager[DatabaseGate]:
        """The budget and circuit of the partner's system, within the limits of its settings; closed at the end."""
        return closing(DatabaseGate(conninfo, self.partner_id, limits=Limits.of(self.settings)))

    def connector(self, *, gate: Gate | None = None, offline: bool = False) -> Connector:
        """The connector; `offline` gives one that only parses."""
        return connector_for(
            self.system_type, None if offline else lookup(self.connection_id), self.settings, gate=gate
        )


SELECT = """
    select f.feed_id, f.partner_id, f.feed, f.feed_type, f.mode,
        coalesce(p.settings ->> 'connection', ''),
        p.settings || jsonb_build_object('partner_id', p.partner_id, 'time_zone', p.time_zone) || f.settings
    from ref.feeds as f
    join ref.partners as p using (partner_id)
"""
ACTIVE = SELECT + " where f.is_active and p.is_active"


def feed(connection: psycopg.Connection, partner_id: str, name: str) -> Feed:
    """The feed `name` of a partner. Raises Misconfigured when nobody declared it."""
    row = connection.execute(ACTIVE + " and f.partner_id = %s and f.feed = %s", [partner_id, name]).fetchone()
    if row is None:
        raise Misconfigured(
            f"partner {partner_id!r} has no active feed {name!r}",
            hint="look at `crossdock partner list`; after editing partner.yaml run `crossdock partner sync`",
        )
    return Feed(*row)


def feeds(connection: psycopg.Connection) -> list[Feed]:
    """Every active feed, by partner and name."""
    return [Feed(*row) for row in connection.execute(ACTIVE + " order by f.partner_id, f.feed")]


def feed_by_id(connection: psycopg.Connection, feed_id: int) -> Feed:
    """The feed with this id, active or not: what it sent while it was is still read."""
    return Feed(*connection.execute(SELECT + " where f.feed_id = %s", [feed_id]).fetchone())
