"""The airflow dag that throws away what nobody needs any more."""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, dag, task
from wiring import PLATFORM, default_args, readable_feeds

DOC = """
Removes payload bytes whose retention has passed (their records stay), and the finished runs, XComs and task logs of the
DAGs that run every minute: lanes and feeds make twenty thousand runs a day.

*Feeds*: nothing. *Owner*: data-platform. Kept: failed runs for a week, the others for six hours
(`crossdock.stack.housekeeping`); payloads as long as their feed's policy says.
"""

EVERY_MINUTE = ("fast_lane", "edi_acknowledge", "remediate", "verify", "alerts")


@dag(
    dag_id="housekeeping",
    description="Purge old payloads, lane runs, XComs and task logs",
    doc_md=DOC,
    schedule=CronTriggerTimetable("42 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "manual"],
    tags=["housekeeping"],
    default_args=default_args(PLATFORM),
)
def housekeeping():
    @task
    def purge_payloads():
        from crossdock.landing import api

        return api.purge()

    @task
    def purge_runs() -> dict:
        from wiring import use_airflow_connections

        from crossdock.stack import housekeeping as stack

        use_airflow_connections()
        feeds = [f"ingest__{feed.partner_id}__{feed.name}" for feed in readable_feeds()]
        return stack.purge_runs([*EVERY_MINUTE, *feeds])

    @task
    def purge_logs() -> int:
        from crossdock.stack import housekeeping as stack

        return stack.purge_logs()

    purge_payloads() >> purge_runs() >> purge_logs()


housekeeping()
