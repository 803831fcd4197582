"""When a lane plans anew, and that its scratch tables are empty at the start of every pass."""

from __future__ import annotations

import psycopg
import pytest

from crossdock.db.plans import SMALL
from crossdock.lanes.dbt import Model
from crossdock.lanes.lane import Lane
from crossdock.lanes.scratch import Scratch

STAGING = [Model("stg_numbers", "staging", "view", "select n from generate_series(1, 3) as n", (), frozenset())]


@pytest.fixture
def work(database: dict[str, str]):
    """A connection as a lane has it."""
    with psycopg.connect(database["app"], autocommit=True) as connection:
        yield connection


def one_pass(scratch: Scratch, count: int) -> tuple[int, bool]:
    """A pass of `count` records; how many rows it met in the scratch tables, and whether it was planned anew."""
    connection = scratch.connection
    with connection.transaction():
        scratch.begin()
        met = connection.execute(
            "select (select count(*) from pg_temp.stg_numbers) + (select count(*) from pg_temp.touched_threads)"
        ).fetchone()[0]
        scratch.planned_for(count)
        was_fresh = scratch.is_fresh
        connection.execute("insert into pg_temp.touched_threads select generate_series(1, %s)::text", [count])
        scratch.fill("stg_numbers", STAGING[0].sql)
        if count:
            scratch.analyze_staging()
    scratch.ended(well=True)
    return met, was_fresh


def test_small_passes_share_plans_and_large_ones_do_not(work):
    """First, large and after-a-large are fresh; all begin with empty tables."""
    scratch = Scratch(work, STAGING)
    assert [one_pass(scratch, n) for n in (1, 1, 50, SMALL + 1, 1, 1)] == [
        (0, True), (0, False), (0, False), (0, True), (0, True), (0, False),
    ]  # fmt: skip


def test_a_failed_pass_leaves_nothing_behind(work):
    """Its rows were rolled back together with the emptying of those before it: the next pass truncates."""
    scratch = Scratch(work, STAGING)
    one_pass(scratch, 1)
    with work.transaction(force_rollback=True):
        scratch.begin()
    scratch.ended(well=False)
    assert one_pass(scratch, 1) == (0, True)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("refused", ["immediate", "deferred"])
def test_a_pass_that_is_not_committed_is_a_failed_one(modelled, refused):
    """Whether its own row or the commit is refused: it is undone, the next pass truncates, and the lane goes on."""
    refuse = """
        create function ops.refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$;
        create constraint trigger refuse after insert on ops.lane_runs
            deferrable initially {} for each row execute function ops.refuse()
    """
    with (
        psycopg.connect(modelled["app"], autocommit=True) as own,
        psycopg.connect(modelled["owner"], autocommit=True) as owner,
    ):
        lane = Lane(own, [])

        def files() -> set[int]:
            return {row[0] for row in own.execute("select pg_relation_filenode('pg_temp.touched_threads')")}

        lane.rejudge(["a"])
        before = files()
        lane.rejudge(["b"])
        assert files() == before, "small passes delete"
        owner.execute(refuse.format(refused))
        with pytest.raises(psycopg.errors.RaiseException, match="refused"):
            lane.rejudge(["c"])
        assert own.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert files() == before
        owner.execute("drop trigger refuse on ops.lane_runs")
        assert lane.rejudge(["d"]).threads == 1
        assert files() != before
        assert own.execute("select array_agg(thread_id) from pg_temp.touched_threads").fetchone() == (["d"],)


def test_a_pass_that_finds_nothing_leaves_the_planning_to_the_next(work):
    """Else the plans of the next minute would be made without having seen the scratch tables."""
    scratch = Scratch(work, STAGING)
    assert [one_pass(scratch, n)[1] for n in (0, 0, 1, 0, 1)] == [True, True, True, False, False]


def test_every_plan_knows_how_much_there_is(work):
    """Passes that look at deadlines only fill no staging table; what a table holds was seen since it was truncated."""
    scratch = Scratch(work, STAGING)
    estimates = []
    for is_derived in (False, True, False, True):
        with work.transaction():
            scratch.begin()
            scratch.planned_for(1)
            work.execute("insert into pg_temp.touched_threads values ('1')")
            scratch.fill("stg_numbers", STAGING[0].sql)
            scratch.analyze("touched_threads")
            if is_derived:
                scratch.analyze_staging()
            plan = work.execute("explain (format json) select from pg_temp.stg_numbers").fetchone()[0]
            estimates.append(plan[0]["Plan"]["Plan Rows"])
        scratch.ended(well=True)
    assert estimates[0] > 100
    assert set(estimates[1:]) == {3}
