"""Throw away what Airflow keeps of the DAGs that run every minute: runs (with their XComs) and task logs.

A task cannot reach Airflow's database, so runs are deleted through its API, as a user who may do only that.
"""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from crossdock.core.settings import settings
from crossdock.stack import airflow_api

KEPT = {"success": timedelta(hours=6), "failed": timedelta(days=7)}
LOGS_KEPT = timedelta(days=7)
RUNS_AT_ONCE = 100
RUNS_PER_CALL = 5_000
"""At most so many deletions per DAG and call: the next hour takes the rest."""


def purge_runs(dag_ids: list[str]) -> dict[str, int]:
    """Delete the old finished runs of these DAGs; return how many by DAG. Raises PartnerDown when Airflow refuses."""
    with airflow_api.session(airflow_api.KEEPER, "delete runs") as api:
        return {dag_id: sum(_purge(api, dag_id, state, kept) for state, kept in KEPT.items()) for dag_id in dag_ids}


def _purge(api: httpx.Client, dag_id: str, state: str, kept: timedelta) -> int:
    before = (datetime.now(UTC) - kept).isoformat()
    query = {"state": state, "run_after_lte": before, "limit": RUNS_AT_ONCE, "order_by": "run_after"}
    deleted = 0
    while deleted < RUNS_PER_CALL:
        answer = api.get(f"/api/v2/dags/{dag_id}/dagRuns", params=query)
        runs = [] if answer.status_code == 404 else answer.raise_for_status().json()["dag_runs"]
        for run in runs:
            gone = api.delete(f"/api/v2/dags/{dag_id}/dagRuns/{run['dag_run_id']}")
            if gone.status_code not in (204, 404):
                gone.raise_for_status()
        deleted += len(runs)
        if len(runs) < RUNS_AT_ONCE:
            break
    return deleted


def purge_logs(folder: Path | None = None, kept: timedelta = LOGS_KEPT) -> int:
    """Remove the log folders of runs older than `kept` (by their newest change); return how many."""
    root = folder or settings().home_dir / "airflow" / "logs"
    oldest = time.time() - kept.total_seconds()
    removed = 0
    for run in root.glob("dag_id=*/run_id=*"):
        if max(entry.stat().st_mtime for entry in (run, *run.rglob("*"))) < oldest:
            shutil.rmtree(run)
            removed += 1
    return removed
