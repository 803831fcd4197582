"""The airflow dag that asks a person: one run for each approval that waits, with the evidence and the candidates."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, dag, task
from wiring import PLATFORM, START, default_args

DOC = """
Asks whether a repair may be done (*Required actions*). The record is `ops.approvals`: the exception desk and
`crossdock approvals` answer the same question, and the first answer counts. Whoever proposed a repair never approves
it; people answer for the queues of their roles. An answer that does not count leaves the approval waiting, and it is
asked again.

*Feeds*: `ops.approvals`, `ops.actions`, `ops.case_events`. *Started by*: the DAG `remediate`. *Owner*: data-platform.
"""


@dag(
    dag_id="approve",
    description="Ask a person whether a repair may be done",
    doc_md=DOC,
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=1000,
    max_active_tasks=1000,
    params={"approval_id": Param(0, type="integer", description="ops.approvals.approval_id")},
    tags=["remediation", "approval"],
    default_args=default_args(PLATFORM) | {"priority_weight": 10},  # somebody is waiting: before the minute's work
)
def approve():
    @task
    def present(params=None) -> dict:
        from crossdock.remediation import questions

        return questions.present(params["approval_id"])

    ask = HITLOperator(
        task_id="ask",
        subject="{{ ti.xcom_pull(task_ids='present')['subject'] }}",
        body="{{ ti.xcom_pull(task_ids='present')['body'] }}",
        options=["Approve", "Reject", "Answered elsewhere"],
        params={
            "reason": Param("", type="string", description="Why; needed to reject."),
            "candidate": Param("", type="string", description="Another candidate's name; empty: the proposed one."),
        },
        execution_timeout=None,
        response_timeout=timedelta(days=30),  # ops.approvals expires much sooner, and closes it
        retries=0,
    )

    @task
    def record(answer: dict, params=None) -> str:
        from wiring import use_airflow_connections

        from crossdock.stack import questions

        use_airflow_connections()
        return questions.record(params["approval_id"], answer)

    present() >> ask
    record(ask.output)


approve()
