"""The compiled models of the fast lane: compiled when dbt's project has changed, loaded else."""

from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path

from crossdock.core.settings import settings
from crossdock.lanes import dbt

SCRATCH = "pg_temp"


def build(*, conninfo: str | None = None) -> None:
    """Make every relation that is missing or out of date, as after an installation or an upgrade."""
    dbt.invoke(["run", "--no-write-json"], conninfo=conninfo)
    load(conninfo=conninfo)


def load(*, conninfo: str | None = None) -> list[dbt.Model]:
    """The models for the touched keys. One process compiles, the others wait for it."""
    target = dbt.target_dir("touched", SCRATCH)
    target.mkdir(parents=True, exist_ok=True)
    mark, wanted = target / "compiled_from", _fingerprint()
    with (target / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text() != wanted:
            dbt.compile_touched(SCRATCH, conninfo=conninfo)
            mark.write_text(wanted)
    return dbt.models(target / "manifest.json")


def _fingerprint() -> str:
    """A hash of the project's files: names and contents."""
    digest = hashlib.sha256()
    for file in sorted(_sources(settings().dbt_dir)):
        digest.update(str(file).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources(folder: Path) -> list[Path]:
    return [
        f
        for part in ("models", "macros", "seeds")
        for f in (folder / part).rglob("*")
        if f.suffix in (".sql", ".yml", ".csv")
    ] + [folder / "dbt_project.yml"]
