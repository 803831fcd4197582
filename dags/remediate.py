"""The airflow dag that repairs: decide about new cases, send what the outbox holds, ask where a person must answer."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, dag, task
from wiring import CASES, PLATFORM, START, default_args

DOC = """
`act` decides every case that is open or reopened (policy, candidates, decision: all written down) and sends what the
outbox holds; it lingers most of a minute and is woken by `NOTIFY`, so a new case waits less than a second. `ask` keeps
the questions in Airflow (DAG `approve`) equal to `ops.approvals`.

*Feeds*: `ops.decisions`, `ops.actions`, `ops.approvals`, `ops.cases`. *Woken by*: the minute and `crossdock://cases/`.
*Owner*: data-platform. An action's row is committed before anything is sent; a run that dies loses and doubles nothing,
two at once take turns. Never backfilled: the past is not repaired.
"""


@dag(
    dag_id="remediate",
    description="Decide, send, ask",
    doc_md=DOC,
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("* * * * *", timezone="UTC"), assets=CASES),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "asset_triggered", "manual"],
    tags=["remediation", "outbound"],
    default_args=default_args(PLATFORM, timeout=timedelta(minutes=5)),
)
def remediate():
    @task(inlets=[CASES])
    def act() -> dict:
        from wiring import use_airflow_connections

        from crossdock.remediation import api

        use_airflow_connections()
        return api.act(seconds=45.0)

    @task(retries=0)
    def ask() -> dict:
        from dataclasses import asdict

        from wiring import use_airflow_connections

        from crossdock.db.connect import connect
        from crossdock.stack import questions

        use_airflow_connections()
        with connect("ask") as connection:
            return asdict(questions.sync(connection))

    act()
    ask()


remediate()
