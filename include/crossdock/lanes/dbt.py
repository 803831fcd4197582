"""Running dbt, and reading the SQL that it compiled.

dbt runs in this process (`dbtRunner`): a subprocess would cost four seconds a call. Each scope keeps a target folder
of its own, because dbt's parse cache is thrown away whenever a variable changes.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from crossdock.core.errors import CrossdockError, Misconfigured
from crossdock.core.settings import settings

FEED_TYPE = re.compile(r"o\.feed_type = '([^']+)'")


class BuildFailed(CrossdockError):
    """dbt did not finish: a model, a test of ours or the project itself is wrong."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model as dbt compiled it. `feed_types` is what a staging model reads."""

    name: str
    schema: str
    materialized: str
    sql: str
    keyed_by: tuple[str, ...]
    feed_types: frozenset[str]

    @property
    def relation(self) -> str:
        return f'"{self.schema}"."{self.name}"'


def connect_environment(conninfo: str | None = None) -> None:
    """Point dbt's profile at `conninfo` (default: CROSSDOCK_DBT_DSN), through the variables of dbt/profiles.yml."""
    given = conninfo_to_dict(conninfo or settings().dbt_dsn)
    if not given:
        raise Misconfigured(
            "CROSSDOCK_DBT_DSN is not set",
            hint="run `eval $(crossdock env)`, or set it to your Postgres, role crossdock_dbt",
        )
    for variable, key in (
        ("HOST", "host"),
        ("PORT", "port"),
        ("DATABASE", "dbname"),
        ("USER", "user"),
        ("PASSWORD", "password"),
    ):
        if given.get(key):
            os.environ[f"CROSSDOCK_DBT_{variable}"] = str(given[key])


def target_dir(scope: str, scratch: str) -> Path:
    """Where this scope keeps its manifest and compiled SQL."""
    return settings().home_dir / "dbt" / (scope if scope == "all" else f"{scope}-{scratch}")


def invoke(
    words: list[str],
    *,
    scope: str = "all",
    scratch: str = "lane",
    quiet: bool = True,
    conninfo: str | None = None,
):
    """Run one dbt command; return dbt's result, or raise BuildFailed naming each node that failed and why."""
    from dbt.cli.main import dbtRunner

    connect_environment(conninfo)
    target = target_dir(scope, scratch)
    flags = [
        "--project-dir", str(settings().dbt_dir), "--profiles-dir", str(settings().dbt_dir),
        "--target-path", str(target), "--log-path", str(target / "logs"),
        "--vars", json.dumps({"scope": scope, "scratch": scratch}),
    ]  # fmt: skip
    result = dbtRunner().invoke([*(["--quiet"] if quiet else []), *words, *flags])
    if not result.success:
        raise BuildFailed(
            f"dbt {' '.join(words)} failed: {_failures(result)}", hint=f"read {target / 'logs' / 'dbt.log'}"
        )
    return result


def _failures(result) -> str:
    if result.exception:
        return str(result.exception)
    rows = getattr(result.result, "results", result.result or [])
    bad = [r for r in rows if str(r.status) not in ("success", "pass", "skipped", "no-op")]
    return "; ".join(f"{r.node.name}: {(r.message or str(r.status)).strip()}" for r in bad) or "no node said why"


def compile_touched(scratch: str = "pg_temp", *, conninfo: str | None = None) -> Path:
    """Compile every model for the touched keys; return the manifest's path."""
    invoke(
        ["compile", "--no-populate-cache", "--no-introspect"],
        scope="touched",
        scratch=scratch,
        conninfo=conninfo,
    )
    return target_dir("touched", scratch) / "manifest.json"


def models(manifest: Path) -> list[Model]:
    """The compiled models, each after those it reads."""
    nodes = {
        key: node for key, node in json.loads(manifest.read_text())["nodes"].items() if node["resource_type"] == "model"
    }
    return [_model(nodes[key]) for key in _in_order(nodes)]


def _model(node: dict) -> Model:
    sql = (
        node["compiled_code"].strip().replace(f'"{node["database"]}".', "")
    )  # it runs in whichever database it is given
    return Model(
        name=node["name"],
        schema=node["schema"],
        materialized=node["config"]["materialized"],
        sql=sql,
        keyed_by=tuple(node["config"].get("keyed_by") or ["thread_id"]),
        feed_types=frozenset(FEED_TYPE.findall(sql)),
    )


def _in_order(nodes: dict[str, dict]) -> list[str]:
    done: dict[str, None] = {}

    def visit(key: str) -> None:
        if key in done or key not in nodes:
            return
        for parent in sorted(nodes[key]["depends_on"]["nodes"]):
            visit(parent)
        done[key] = None

    for key in sorted(nodes):
        visit(key)
    return list(done)
