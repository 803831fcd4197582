"""One airflow dag for each partner feed that is read on a schedule: keep what is new, then wake the fast lane.

Each run has a data interval, so that a window of the past can be backfilled from the UI: the records of that window are
read again, those already known are not stored twice, and the cursor of the schedule stays where it is.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from airflow.sdk import CronDataIntervalTimetable, dag, task
from wiring import ARRIVALS, LANDING, START, Feed, MailboxSensor, cron, default_args, readable_feeds

DOC = """
Reads **{name}** of partner **{partner_id}** (`{system_type}`, connection `{connection_id}`) every {every}, mode {mode}.

*Feeds*: `raw.documents`, `raw.records`, and through them every model of `{system_type}.{name}` (contract `{contract}`).
*Wakes*: the fast lane, when something new has landed. *Owner*: {owner}. *Criticality*: {criticality}.

*Backfill*: choose a window in the UI. Nothing is stored twice; the schedule's cursor stays. *When it fails*:
`Misconfigured`, `Refused` and bad input fail at once, the log's last line says what to do; all else is tried again.
"""


def wait_for_file(feed: Feed) -> MailboxSensor:
    """Wait, without holding a slot, until the partner has dropped a file, but for less than a minute."""
    pattern = feed.settings.get("files", "*")
    return MailboxSensor(
        task_id="wait_for_file",
        sftp_conn_id=feed.connection_id,
        path=str(feed.settings.get("folder", "outbound" if feed.system_type == "x12" else ".")),
        file_pattern=pattern if isinstance(pattern, str) else pattern.get(feed.name, "*"),
        deferrable=True,
        poke_interval=5,
        timeout=50,
        soft_fail=True,
        retries=0,
    )


def build(feed: Feed) -> None:
    """Make the feed's DAG."""

    @dag(
        dag_id=f"ingest__{feed.partner_id}__{feed.name}",
        description=f"Read {feed.name} of {feed.partner_id}",
        doc_md=DOC.format(**asdict(feed)),
        schedule=CronDataIntervalTimetable(cron(feed.every), timezone="UTC"),
        start_date=START,
        catchup=False,
        max_active_runs=1,
        tags=["ingest", feed.system_type, feed.partner_id, feed.latency_class],
        default_args=default_args(feed.owner),
        dagrun_timeout=timedelta(minutes=30),
    )
    def ingest_feed():
        # Read also when no file came: that nothing is there up to now is knowledge, and deadlines wait for it.
        @task(outlets=[ARRIVALS], trigger_rule="all_done")
        def read(dag_run=None, data_interval_start=None, data_interval_end=None, outlet_events=None) -> dict:
            from wiring import use_airflow_connections

            from crossdock.landing import api

            use_airflow_connections()
            window = {"window_from": data_interval_start, "window_to": data_interval_end}
            past = window if dag_run.run_type == "backfill" else {}
            run = asdict(api.ingest(feed.partner_id, feed.name, **past, trigger=dag_run.run_type.value))
            if run["records_landed"] or run["unparsable"]:
                outlet_events[ARRIVALS].add(LANDING, extra={"partner_id": feed.partner_id, "feed": feed.name})
            return run

        landed = read()
        if feed.mode == "file":
            wait_for_file(feed) >> landed

    ingest_feed()


for declared in readable_feeds():
    build(declared)
