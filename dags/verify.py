"""The airflow dag that proves repairs: the systems involved are read again before a case may close."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from wiring import CASES, PLATFORM, START, default_args

DOC = """
Reads every system again that a repair touched and compares it with the target state. All agree and the exception is
gone: resolved, and closed once that has held for the policy's time. One disagrees: reopened, a new attempt or a person.

*Feeds*: `ops.verifications`, `ops.cases`, `ops.actions`. *Owner*: data-platform. Reads only; it can run twice.
"""


@dag(
    dag_id="verify",
    description="Read the systems again, close what holds, reopen what does not",
    doc_md=DOC,
    schedule=CronTriggerTimetable("* * * * *", timezone="UTC"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "manual"],
    tags=["remediation", "verification"],
    default_args=default_args(PLATFORM, timeout=timedelta(minutes=5)),
)
def verify():
    @task(inlets=[CASES])
    def read_again() -> dict:
        from wiring import use_airflow_connections

        from crossdock.remediation import api

        use_airflow_connections()
        return api.verify(seconds=45.0)

    read_again()


verify()
