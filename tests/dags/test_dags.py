"""Every DAG: it imports, says whose it is and what it feeds, and looks as the snapshot says."""

from __future__ import annotations

import ast
import importlib
import json
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = Path(__file__).with_name("snapshot.json")
LANES = ("fast_lane", "batch_lane", "full_rebuild")


def shape(dag) -> dict:
    """What must not change by accident."""
    return {
        "schedule": dag.timetable.__class__.__name__ + " " + str(getattr(dag.timetable, "expression", "")).strip(),
        "owner": sorted({task.owner for task in dag.tasks}),
        "tags": sorted(dag.tags),
        "tasks": sorted(task.task_id for task in dag.tasks),
        "pools": sorted({task.pool for task in dag.tasks}),
        "max_active_runs": dag.max_active_runs,
        "run_types": sorted(str(getattr(kind, "value", kind)) for kind in dag.allowed_run_types or []),
        "outlets": sorted({getattr(out, "uri", None) or out.name for task in dag.tasks for out in task.outlets}),
    }


def test_every_file_imports_quickly(loaded, capsys: pytest.CaptureFixture[str]):
    """No import error; the seconds are printed for whoever watches them."""
    bag, seconds = loaded
    assert not bag.import_errors
    with capsys.disabled():
        print(f"\n  DAG folder parsed in {seconds:.2f} s, {len(bag.dags)} DAGs")  # noqa: T201 - a figure to watch


def test_ids_schedules_owners_and_tags_are_as_recorded(dags: dict):
    """A changed DAG shows in the diff: run with UPDATE_SNAPSHOT=1 to record a change that is meant."""
    found = {dag_id: shape(dag) for dag_id, dag in sorted(dags.items())}
    if os.environ.get("UPDATE_SNAPSHOT"):
        SNAPSHOT.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    assert found == json.loads(SNAPSHOT.read_text())


def test_every_dag_says_what_it_feeds_and_who_owns_it(dags: dict):
    """In its documentation, which the UI shows."""
    for dag_id, dag in dags.items():
        assert "*Feeds*" in dag.doc_md, dag_id
        assert "*Owner*" in dag.doc_md, dag_id
        assert dag.tags, dag_id
        assert all(task.owner != "airflow" for task in dag.tasks), dag_id


def test_every_task_ends_and_retries_by_the_class_of_its_error(dags: dict):
    """No task hangs for ever; only what may pass by itself is tried again."""
    for dag in dags.values():
        for task in dag.tasks:
            ends = ("execution_timeout", "timeout", "response_timeout")
            assert any(getattr(task, name, None) for name in ends), task
            assert type(task.retry_policy).__name__ == "ByErrorClass", task


def test_no_lane_nor_sender_can_be_backfilled(dags: dict):
    """A backfill of a minute's sweep would make a run a minute, and a sender has no past to send."""
    for dag_id in (*LANES, "edi_acknowledge", "housekeeping", "remediate", "verify", "alerts"):
        assert "backfill" not in shape(dags[dag_id])["run_types"], dag_id
        assert shape(dags[dag_id])["run_types"], dag_id


def test_every_feed_can_be_backfilled_by_window(dags: dict):
    """Each run of a feed has a data interval of its own."""
    feeds = [dag for dag_id, dag in dags.items() if dag_id.startswith("ingest__")]
    assert feeds
    for dag in feeds:
        assert type(dag.timetable).__name__ == "CronDataIntervalTimetable"
        assert not dag.allowed_run_types


def test_dbt_runs_one_at_a_time(dags: dict):
    """Whatever runs dbt stands in the pool `dbt`, which has one slot."""
    for dag_id in ("batch_lane", "full_rebuild"):
        build = dags[dag_id].get_task("dbt_build")
        assert (build.pool, build.pool_slots) == ("dbt", 1)
    assert dags["batch_lane"].get_task("write_docs").pool == "dbt"


def test_there_is_a_dag_for_each_feed_that_is_read_on_a_schedule(dags: dict):
    """As the partners' folders say; nothing is listed by hand."""
    import yaml

    wanted = set()
    for file in (ROOT / "include" / "crossdock" / "partners").glob("*/partner.yaml"):
        partner = yaml.safe_load(file.read_text())
        read = [name for name, feed in partner["feeds"].items() if feed["mode"] != "push"]
        wanted |= {f"ingest__{partner['partner']}__{name}" for name in read}
    assert wanted == {dag_id for dag_id in dags if dag_id.startswith("ingest__")}


def test_a_partner_folder_elsewhere_gets_its_dags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load_dags):
    """A folder of data is all it takes, also outside the checkout."""
    from crossdock.core.settings import settings

    for name, declared in {
        "nordwind": "{partner: nordwind, name: Nordwind, system_type: standard, role: shop, connection: nordwind,\n"
        " owner: sales, settings: {files: {orders: '*.csv'}},\n"
        " feeds: {orders: {contract: v1, mode: file, every: 5m}, milestones: {contract: v1, mode: push}}}\n",
        "acme": "{partner: acme, name: Acme, system_type: x12, role: edi, connection: acme, owner: edi,\n"
        " settings: {files: '*.edi'}, feeds: {interchanges: {contract: v1, mode: file}}}\n",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "partner.yaml").write_text(declared)
    monkeypatch.setenv("CROSSDOCK_PARTNERS", str(tmp_path))
    settings.cache_clear()
    try:
        bag = load_dags()
    finally:
        settings.cache_clear()
    assert not bag.import_errors
    made = {dag_id: dag for dag_id, dag in bag.dags.items() if dag_id.startswith("ingest__")}
    patterns = {dag_id: dag.get_task("wait_for_file").file_pattern for dag_id, dag in made.items()}
    assert patterns == {"ingest__acme__interchanges": "*.edi", "ingest__nordwind__orders": "*.csv"}
    assert all(sorted(dag.task_ids) == ["read", "wait_for_file"] for dag in made.values())


@pytest.mark.parametrize("file", sorted((ROOT / "dags").glob("*.py")), ids=lambda file: file.name)
def test_dag_files_wire_and_do_not_work(file: Path):
    """Short, no SQL, no HTTP; the domain is imported inside the task that calls it."""
    text = file.read_text()
    assert len(text.splitlines()) < 180
    for word in ("select ", "insert into", "httpx", "requests", "psycopg"):
        assert word not in text.lower(), word
    allowed = {"crossdock.core.errors", "crossdock.core.settings", "crossdock.core"}
    top = [node.module for node in ast.parse(text).body if isinstance(node, ast.ImportFrom) and node.module]
    assert {module for module in top if module.startswith("crossdock")} <= allowed


def calls(function: ast.FunctionDef) -> set[str]:
    """`module.function` of the product for each call in a task that goes through an import of that task."""
    bound = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in function.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("crossdock.")
        for alias in node.names
    }
    called = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    through = [name for name in called if isinstance(name, ast.Attribute) and isinstance(name.value, ast.Name)]
    return {f"{bound[name.value.id]}.{name.attr}" for name in through if name.value.id in bound}


def test_every_called_function_exists():
    """What the tasks import is there to be imported, and has the name that is called."""
    trees = [ast.parse(file.read_text()) for file in (ROOT / "dags").glob("*.py")]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    found = set().union(*map(calls, functions))
    assert len(found) >= 8
    for module, _, name in (call.rpartition(".") for call in sorted(found)):
        assert hasattr(importlib.import_module(module), name), f"{module}.{name}"


def test_the_question_in_airflow_has_the_names_by_which_it_is_asked_and_closed(dags: dict):
    """DAG, task and answers are said in the file, which is parsed all the time, and in `crossdock.stack.questions`."""
    from crossdock.stack import questions

    asked = dags[questions.DAG].get_task(questions.TASK)
    assert asked.options == [*questions.VERDICTS, questions.ELSEWHERE]
