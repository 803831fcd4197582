"""The command line says what a replay would change, in sentences and as JSON, and who did what."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from rig import CROSSDOCK

from .conftest import remap

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def crossdock(dsn: dict[str, str], *words: str, status: int = 0) -> str:
    """What `crossdock replay` prints, and on which channel it fails."""
    environment = os.environ | {"CROSSDOCK_DSN": dsn["app"], "CROSSDOCK_DBT_DSN": dsn["dbt"]}
    done = subprocess.run(
        [CROSSDOCK, "replay", *words], env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == status, done.stderr
    return done.stderr if status else done.stdout


def test_a_dry_run_is_read_by_people_and_its_plan_is_carried_out(trading):
    """First the sum, then the rows; the plan as it was printed does what it said; the journal names who."""
    remap(trading, "carrier", "UPS", "USPS")
    said = crossdock(trading, "--where", "native_id=trk_0f4242", "--where", "partner=easypost", "--dry-run", status=1)
    assert "what to do" in said
    told = json.loads(crossdock(trading, "--where", "partner=easypost", "--dry-run", "--json"))
    number = len(told["rows"])
    assert number == told["counts"]["rows"] > 0
    said = crossdock(trading, "--where", "partner=easypost", "--dry-run", "--shown", "2")
    assert said.startswith(f"This replay changes {number} rows, opens 0 exceptions, clears 0, and sends 0 messages\n")
    assert f"plan {told['plan']}\n" in said
    assert "carrier_code UPS → USPS" in said
    assert f"and {number - 2} more; --json lists them all" in said
    said = crossdock(trading, "--where", "partner=easypost", "--plan", told["plan"], "--as", "ann")
    assert said.startswith(f"This replay changed {number} rows")
    (row,) = map(json.loads, crossdock(trading, "list", "--json").splitlines())
    assert (row["requested_by"], row["filters"]) == ("ann", {"partner": ["easypost"]})
    assert (row["plan"], row["effects"], row["counts"]["rows"]) == (told["plan"], told["plan"], number)
    assert "is not what would happen now" in crossdock(
        trading, "--where", "partner=easypost", "--plan", told["plan"], status=1
    )
    assert "holds nothing" in crossdock(trading, "let-go", str(row["replay_id"]), status=1)
    assert "nothing was chosen" in crossdock(trading, status=1)
