"""The benchmarks do the work they measure, at a size nobody would measure. No time is asserted."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch):
    """Loads a part's bench.py, as run.py does."""
    monkeypatch.syspath_prepend(str(HERE))
    spec = importlib.util.spec_from_file_location("bench_run", HERE / "run.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_run"] = module
    spec.loader.exec_module(module)
    return module.load


def test_landing_lands_every_order_and_then_only_what_changed(load):
    """500 orders; 50 again, unchanged; the first of them edited."""
    found = load("landing").measure(500, 1)
    said = {step: f["said"]["records_landed"] for step, f in found.items()}
    assert said["first load"] == 500
    assert said["unchanged"] == 0
    assert said["1 % changed"] == 1


def test_x12_reads_what_was_written():
    """Reference and ours both read one interchange, many, and a damaged one."""
    words = [sys.executable, str(HERE / "x12" / "bench.py"), "1", "100", "1"]
    assert subprocess.check_output(words, text=True).count("elements") == 3


def test_the_front_door_keeps_what_it_answers(load):
    """Every 200 is a row; that is asserted inside."""
    assert [figures["events"] for figures in load("inbox").run(50, 100, [4]).values()] == [200, 50, 50]


def test_dbt_makes_the_rows_and_drifts_nowhere(load):
    """Both scopes, dbt and psql in turn, leave the same rows."""
    rows = load("dbt").overhead(1000, 1)["rows"]
    assert (rows["orders"], rows["lines"], rows["drift"]) == (1000, 3000, 0)


def test_the_fast_lane_renews_what_is_touched(load):
    """Row counts are asserted inside, pass by pass."""
    assert load("dbt").fast_lane(2000, passes=2).keys() == {"newest", "any"}


def test_contracts_find_the_bad_rows(load):
    """The four failing rules and their 247 rows are asserted inside."""
    assert len(load("contracts").measure(20_000, 1)) == 6


def test_a_replay_of_known_events_changes_nothing_and_a_corrected_map_does(load):
    """That no effect of two replays is found, and the rows of a dry run, are asserted inside."""
    found = load("replay").measure(80, 30)
    assert [f["records"] for f in found] == [found[0]["records"]] * 3
    assert found[0]["records"] >= 80
