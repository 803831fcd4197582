"""The airflow dags of the batch lane: hourly over what was touched, nightly over everything."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Asset, CronTriggerTimetable, dag, task
from wiring import LANDING, MARTS, PLATFORM, default_args

HOURLY = """
Builds with dbt what the fast lane touched, with every data test; runs the contracts' full Great Expectations
checkpoints and writes Data Docs; counts source → landed → passed or quarantined → canonical per feed; writes dbt docs.

*Feeds*: `marts`, `ops.control_totals`, the dbt docs and Data Docs that the menu links to. *Owner*: data-platform.
A failed test here is our bug, never a partner's: a partner's bad record is quarantined, a wrong world is a detection.
"""
NIGHTLY = """
Computes everything anew beside what stands, counts the differences in `ops.lane_drift` and applies them. Drift should
stay empty: a row there means that the fast lane and a full rebuild disagree.

*Feeds*: `staging`, `canonical`, `exceptions`, `marts`. *Owner*: data-platform. Readers never meet a missing relation.
"""
# No start date: a new installation waits for the next slot instead of running the last one at once.
COMMON = {
    "catchup": False,
    "max_active_runs": 1,
    "allowed_run_types": ["scheduled", "manual"],
    "default_args": default_args(PLATFORM, timeout=timedelta(hours=1)),
}


@task(pool="dbt", inlets=[LANDING], outlets=[MARTS])
def dbt_build(*, full: bool) -> dict:
    from crossdock.lanes import api

    return api.batch_build(full=full)


@task(outlets=[Asset("crossdock://data-docs/")])
def check_contracts():
    from crossdock.contracts import api

    return api.check_batch()


@task
def reconcile():
    from crossdock.landing import api

    return api.reconcile()


@task(pool="dbt", outlets=[Asset("crossdock://dbt-docs/")])
def write_docs() -> str:
    from crossdock.lanes import api

    return api.build_docs()


@dag(dag_id="batch_lane", description="dbt build with tests, contracts, control totals, docs", doc_md=HOURLY,
     schedule=CronTriggerTimetable("7 * * * *", timezone="UTC"), tags=["lane", "batch"], **COMMON)  # fmt: skip
def batch_lane():
    dbt_build(full=False) >> [check_contracts(), reconcile(), write_docs()]


@dag(dag_id="full_rebuild", description="Everything anew, compared with what stands", doc_md=NIGHTLY,
     schedule=CronTriggerTimetable("30 2 * * *", timezone="UTC"), tags=["lane", "batch"], **COMMON)  # fmt: skip
def full_rebuild():
    dbt_build(full=True) >> reconcile()


batch_lane()
full_rebuild()
