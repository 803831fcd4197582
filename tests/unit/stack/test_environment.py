"""Who gets which secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crossdock.core.errors import Misconfigured
from crossdock.stack import airflow, boot, environment
from crossdock.stack.state import State, prepare


@pytest.fixture
def state(tmp_path: Path) -> State:
    return prepare(tmp_path / "home")


def test_the_lab_knows_nothing_of_the_product(state: State):
    """Neither a DSN of the product nor a partner's connection is in its environment."""
    found = environment.lab(state)
    assert not [name for name in found if name in ("CROSSDOCK_DSN", "CROSSDOCK_DBT_DSN", "CROSSDOCK_ADMIN_DSN")]
    assert not [name for name in found if name.startswith("AIRFLOW_CONN_")]


def test_the_product_knows_nothing_of_the_lab_and_not_the_owners_password(state: State):
    """Tasks inherit this environment."""
    found = airflow.variables(state)
    text = json.dumps(found)
    assert state.secret("role.lab") not in text
    assert state.secret("role.crossdock_owner") not in text
    assert state.secret("postgres") not in text
    assert state.secret("airflow.admin") not in text


def test_no_child_is_kept_from_writing_bytecode(state: State, monkeypatch: pytest.MonkeyPatch):
    """Without bytecode Airflow's import takes four seconds more."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in airflow.variables(state)


def test_everything_listens_on_loopback(state: State):
    """Airflow, and Postgres, are bound to 127.0.0.1; no log server is started."""
    variables = airflow.variables(state)
    assert variables["AIRFLOW__API__HOST"] == "127.0.0.1"
    commands = {process.name: process.argv for process in boot.processes(state, lab=False)}
    assert "listen_addresses=127.0.0.1" in commands["postgres"]
    assert "--skip-serve-logs" in commands["airflow-scheduler"]
    assert "--skip-serve-logs" in commands["airflow-triggerer"]


def test_all_processes_are_there_and_the_lab_only_when_asked_for(state: State):
    """Postgres, inbox, worker and Airflow's four; the lab with its two ports."""
    product = ["airflow-api-server", "airflow-dag-processor", "airflow-scheduler", "airflow-triggerer", "inbox",
               "postgres", "worker"]  # fmt: skip
    assert sorted(process.name for process in boot.processes(state, lab=False)) == product
    lab = [process for process in boot.processes(state, lab=True) if process.name == "lab"]
    assert lab[0].argv[1:] == [
        "lab",
        "serve",
        "--port",
        str(state.port("lab")),
        "--sftp-port",
        str(state.port("lab_sftp")),
    ]


def test_the_same_state_gives_the_same_processes(state: State):
    """So that a second `up` restarts nothing."""
    assert boot.processes(state, lab=True) == boot.processes(state, lab=True)


def test_connections_become_variables(state: State):
    """`connections.json` reaches the processes as AIRFLOW_CONN_*, whether an entry is an object or text."""
    given = {"sap_main": {"conn_type": "http", "host": "http://127.0.0.1:1/sap"}, "shop_main": '{"host": "x"}'}
    (state.home / "connections.json").write_text(json.dumps(given))
    found = environment.product(state)
    assert json.loads(found["AIRFLOW_CONN_SAP_MAIN"])["host"] == "http://127.0.0.1:1/sap"
    assert found["AIRFLOW_CONN_SHOP_MAIN"] == '{"host": "x"}'


def test_a_damaged_connections_file_is_named(state: State):
    """With what it should look like."""
    (state.home / "connections.json").write_text("{")
    with pytest.raises(Misconfigured, match=r"connections\.json is not JSON"):
        environment.product(state)


def test_a_port_that_a_stranger_took_is_chosen_anew(state: State):
    """Nothing of ours runs, but somebody listens on a remembered port: take another one."""
    import socket

    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        state.set("port.inbox", taken)
        kept = state.port("airflow")
        boot._free_ports(state)
    assert state.port("inbox") != taken
    assert state.port("airflow") == kept


def test_every_airflow_option_exists(state: State):
    """A misspelt AIRFLOW__ variable would be ignored in silence."""
    from airflow.configuration import conf

    for name in airflow.variables(state):
        if name.startswith("AIRFLOW__"):
            _, section, option = name.lower().split("__")
            assert option in conf.configuration_description[section]["options"], name


def test_the_marked_python_file_is_valid(tmp_path: Path, state: State):
    """airflow_local_settings.py is read by every Airflow process."""
    airflow.write_local_settings(state)
    compile(
        (airflow.home(state) / "config" / "airflow_local_settings.py").read_text(), "airflow_local_settings.py", "exec"
    )
