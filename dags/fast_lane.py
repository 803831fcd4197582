"""The airflow dag of the fast lane: what just arrived becomes canonical rows, detections and cases.

The worker process does the same, sooner; this run makes it visible and is enough alone where no worker runs.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, dag, task
from wiring import CASES, LANDING, OPENED, PLATFORM, START, default_args

DOC = """
Claims what waits in `raw.pending_records`, judges it by its contract, makes the canonical rows of the orders it touches
anew, asks every exception view about them and opens cases for what they find; then looks at the deadlines that have
passed.

*Feeds*: `staging` and `canonical`, `ops.quarantine`, `ops.detections`, `ops.cases`. *Wakes*: `remediate`.
*Woken by*: the minute and by `crossdock://landing/`. Events can be merged or lost; the table cannot, so a run always
works until nothing waits.
*Owner*: data-platform. Running it twice at once is harmless: one takes the lane lock, the other finds nothing.
It cannot be backfilled: there is no past to it. Backfill the feed's own DAG.
"""


@dag(
    dag_id="fast_lane",
    description="Judge, build and detect what just arrived",
    doc_md=DOC,
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("* * * * *", timezone="UTC"), assets=LANDING),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "asset_triggered", "manual"],
    tags=["lane", "fast"],
    default_args=default_args(PLATFORM, timeout=timedelta(minutes=5)),
)
def fast_lane():
    @task(inlets=[LANDING], outlets=[OPENED])
    def drain(outlet_events=None) -> dict:
        from crossdock.worker import api

        counts = api.drain(seconds=40.0)
        if counts.get("cases_opened") or counts.get("cases_returned"):
            outlet_events[OPENED].add(CASES)
        return counts

    drain()


fast_lane()
