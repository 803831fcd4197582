"""The airflow dag that tells people: interruptions noted, alerts planned, sent and escalated."""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, dag, task
from wiring import PLATFORM, START, default_args

DOC = """
`watch` writes down which types of event are interrupted and which are current again; `plan` turns case events and
technical checks into rows of `ops.alerts`, one a cause; `escalate` adds those for what was not answered or passed its
service level; `send` delivers what is due by each route's channel.

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
    def watch() -> dict:
        from dataclasses import asdict

        from crossdock.db.connect import connect
        from crossdock.recovery import api

        with connect("watch recovery") as connection:
            return asdict(api.watch(connection))

    @task
    def plan() -> int:
        from crossdock.alerts import api
        from crossdock.db.connect import connect

        with connect("plan alerts") as connection:
            return api.plan(connection)

    @task
    def escalate() -> int:
        from crossdock.alerts import api
        from crossdock.db.connect import connect

        with connect("escalate alerts") as connection:
            return api.escalate(connection)

    @task
    def send() -> dict:
        from dataclasses import asdict

        from wiring import use_airflow_connections

        from crossdock.alerts import api
        from crossdock.db.connect import connect

        use_airflow_connections()
        return asdict(api.send_due(lambda: connect("send alerts"), 200))

    watch() >> plan() >> escalate() >> send()


alerts()
