"""The airflow dag that tells people: interruptions noted, alerts planned, sent and escalated."""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, dag, task
from wiring import PLATFORM, START, default_args

DOC = """
One task does four things, each committed before the next: it writes down which types of event are interrupted and
which are current again; turns case events and technical checks into rows of `ops.alerts`, one a cause; adds those for
what was not answered or passed its service level; and delivers what is due by each route's channel. A task for each
would start four processes a minute for a second's work.

*Feeds*: `ops.recoveries`, `ops.alerts`, `ops.alert_deliveries`, `ops.audit_heads`. *Owner*: data-platform. An alert is
written before it is sent, once a route. Backfills and replays tell nobody unless asked to.
"""


@dag(
    dag_id="alerts",
    description="Tell whom it concerns, once a cause",
    doc_md=DOC,
    schedule=CronTriggerTimetable("* * * * *", timezone="UTC"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "manual"],
    tags=["alerts", "outbound"],
    default_args=default_args(PLATFORM),
)
def alerts():
    @task
    def tell() -> dict:
        from dataclasses import asdict

        from wiring import use_airflow_connections

        from crossdock.alerts import api
        from crossdock.db.connect import connect
        from crossdock.recovery import api as recovery

        use_airflow_connections()
        with connect("watch recovery") as connection:
            watched = recovery.watch(connection)
        return asdict(watched) | asdict(api.tell(lambda: connect("alerts"), 200))

    tell()


alerts()
