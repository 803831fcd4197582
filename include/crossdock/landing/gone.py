"""Objects that their source has deleted. A list of what changed does not name them: whoever knows has to say so."""

from __future__ import annotations

import psycopg

MARK = """
with named as (
    select f.feed_id, given.native_id
    from unnest(%(feeds)s::text[], %(native_ids)s::text[]) as given (feed, native_id)
    join ref.feeds as f on f.partner_id = %(partner_id)s and f.feed = given.feed
),

marked as (
    insert into raw.gone (feed_id, native_id, learnt_from)
    select feed_id, native_id, %(learnt_from)s from named
    on conflict do nothing
    returning feed_id, native_id
)

insert into raw.pending_records (record_id)
select max(r.record_id)
from marked as m
join raw.records as r using (feed_id, native_id)
group by m.feed_id, m.native_id
on conflict do nothing
"""


def mark(connection: psycopg.Connection, partner_id: str, objects: list[dict], learnt_from: str) -> None:
    """Note that these objects (`{feed, native_id}`) are gone, and have the lane make anew what rested on them.

    An object that has not landed yet is noted too: a page that was read before the deletion may still come.
    """
    connection.execute(
        MARK,
        {
            "partner_id": partner_id,
            "feeds": [one["feed"] for one in objects],
            "native_ids": [one["native_id"] for one in objects],
            "learnt_from": learnt_from,
        },
    )
