"""The migrated schema holds what the design promises."""

from __future__ import annotations

import psycopg
import pytest


def test_roles_are_kept_apart(database):
    """The BI role cannot read raw payloads; the auditor can, and changes nothing."""
    with psycopg.connect(database["bi_reader"]) as bi, pytest.raises(psycopg.errors.InsufficientPrivilege):
        bi.execute("select * from raw.records")
    with psycopg.connect(database["auditor"]) as auditor:
        assert auditor.execute("select count(*) from raw.records").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            auditor.execute("delete from ops.detections")


def test_business_clock_prefers_the_session_then_the_table_then_the_wall(app):
    """One clock: session setting, then ref.business_clock, then the wall."""
    assert app.execute("select abs(extract(epoch from ref.as_of() - clock_timestamp())) < 1").fetchone() == (True,)
    app.execute(
        "insert into ref.business_clock (wall_at, business_at, speed) values (clock_timestamp(), '2026-01-01Z', 3600)"
    )
    assert app.execute("select ref.as_of() between '2026-01-01Z' and '2026-01-02Z'").fetchone() == (True,)
    app.execute("set crossdock.as_of = '2018-09-01 00:00Z'")
    assert app.execute("select ref.as_of() = '2018-09-01 00:00Z'").fetchone() == (True,)


def test_code_maps_cannot_overlap_in_time(app):
    """Two mappings of one code at one time are refused by the database."""
    row = """
        insert into ref.code_map (system_type, kind, their_code, our_code, valid_from, valid_to, approved_by)
        values ('x', 'k', 'a', %s, %s, %s, 'me')
    """
    app.execute(row, ["one", "2026-01-01", "2026-06-01"])
    app.execute(row, ["two", "2026-06-01", "infinity"])
    with pytest.raises(psycopg.errors.ExclusionViolation):
        app.execute(row, ["three", "2026-05-01", "2026-07-01"])
