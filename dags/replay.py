"""The airflow dag that replays: what is kept is judged again and made anew, after a look at what that would change."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, task
from wiring import PLATFORM, START, default_args

DOC = """
First run it as it is: `dry_run` says in its result which rows, exceptions, cases and messages would change, and names
the plan. Then run it without `dry_run` and with that `plan`: it refuses when anything else would happen.

*Feeds*: `staging` and `canonical`, `ops.quarantine`, `ops.detections`, `ops.cases`, `ops.replays`. *Owner*:
data-platform. Without `act` nothing leaves the house: cases are held from being decided, EDI documents from being sent,
until `crossdock replay let-go`. A run that dies leaves whole batches; run it again. It has no schedule and no past.
"""


@dag(
    dag_id="replay",
    description="Judge what is kept again, after a preview",
    doc_md=DOC,
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=1,
    allowed_run_types=["manual"],
    params={
        "where": Param(
            [],
            type="array",
            items={"type": "string"},
            description="key=value, one a line: partner, feed, order, since, until, document, record, native_id, rule",
        ),
        "dry_run": Param(True, type="boolean", description="Only say what it would change and send."),
        "source": Param("records", type="string", enum=["records", "documents"], description="documents: parse again."),
        "act": Param(False, type="boolean", description="Let out what follows from it."),
        "plan": Param("", type="string", description="The plan that the dry run named; empty: whatever happens now."),
    },
    tags=["replay"],
    default_args=default_args(PLATFORM, timeout=timedelta(hours=6)) | {"retries": 0},
)
def replay():
    @task
    def run(params=None, dag_run=None) -> dict:
        from crossdock.replay import api, told

        how = {"source": params["source"], "acts": params["act"]}
        if params["dry_run"]:
            report = api.preview(params["where"], **how)
        else:
            by = getattr(dag_run, "triggering_user_name", None) or "airflow"
            report = api.replay(params["where"], by=by, plan=params["plan"] or None, **how)
        return {"said": list(told.sentences(report)), "plan": report.plan, "counts": report.effects.counts}

    run()


replay()
