"""What runs: for `crossdock status`, for people and for machines."""

from __future__ import annotations

import time
from pathlib import Path

from crossdock.stack import airflow, environment, proc, supervisor
from crossdock.stack.state import State


def _row(name: str, child: dict) -> dict:
    alive = bool(child["pid"]) and proc.started(child["pid"]) == child["started"]
    return {
        "name": name,
        "state": "running" if alive else "waiting to restart",
        "pid": child["pid"] if alive else None,
        "seconds": round(time.time() - child["started_at"]) if alive else None,
        "restarts": child["restarts"],
        "last_exit": child["last_exit"],
        "memory_mib": round(proc.pss_mib(proc.family(child["pid"]))) if alive else 0,
    }


def status(state: State) -> dict:
    """The supervisor, its processes (memory as PSS, descendants included), the addresses and Airflow's health."""
    found = supervisor.status(state.home / "run")
    if found is None:
        return {
            "running": False,
            "home": str(state.home),
            "processes": [],
            "leftovers": len(supervisor.leftovers(state.home)),
        }
    rows = [_row(name, child) for name, child in found["processes"].items()]
    return {
        "running": True,
        "home": str(state.home),
        "supervisor_pid": found["pid"],
        "processes": rows,
        "memory_mib": sum(row["memory_mib"] for row in rows),
        "addresses": addresses(state),
        "airflow": airflow.health(airflow.url(state)),
        "leftovers": 0,
    }


def addresses(state: State) -> dict[str, str]:
    """Where things listen; all on loopback."""
    found = {"airflow": airflow.url(state), "inbox": f"http://127.0.0.1:{state.port('inbox')}",
             "postgres": f"127.0.0.1:{state.port('postgres')}"}  # fmt: skip
    if state.get("lab"):
        found |= {"lab": f"http://127.0.0.1:{state.port('lab')}", "lab sftp": f"127.0.0.1:{state.port('lab_sftp')}"}
    return found


def logins(state: State) -> list[tuple[str, str]]:
    """What a person signs in with: (where, how)."""
    return [
        ("Airflow", f"{airflow.url(state)}  user {airflow.ADMIN}  password {state.secret('airflow.admin')}"),
        ("BI", f"psql '{environment.dsn(state, 'bi_reader')}'"),
    ]


def log_files(state: State) -> dict[str, Path]:
    """Log by process name."""
    return {path.stem: path for path in sorted((state.home / "logs").glob("*.log"))}
