"""The airflow dag that sends the EDI documents we owe: TA1, 997 and 855, written before they are sent."""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, dag, task
from wiring import LANDING, START, default_args, partners

DOC = """
Sends every document that is `ready` in `ops.outbound_documents`, one task for each EDI partner.

*Feeds*: `ops.outbound_documents` (sent, failed) and, through it, the acknowledgement models. *Owner*: edi-operations.
A document is written with its idempotency key before it is sent; a second run sends nothing twice. Never backfilled.
"""


@dag(
    dag_id="edi_acknowledge",
    description="Send the EDI documents we owe",
    doc_md=DOC,
    schedule=CronTriggerTimetable("* * * * *", timezone="UTC"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["scheduled", "manual"],
    tags=["edi", "outbound"],
    default_args=default_args("edi-operations"),
)
def edi_acknowledge():
    @task(inlets=[LANDING])
    def send_ready(partner_id: str):
        from wiring import use_airflow_connections

        from crossdock.edi import api

        use_airflow_connections()
        return api.send_ready(partner_id)

    for partner in partners():
        if partner["role"] == "edi":
            send_ready.override(task_id=f"send_ready__{partner['partner']}")(partner["partner"])


edi_acknowledge()
