"""The DAGs of the checkout, loaded as Airflow's processor loads them: the folder on sys.path, no database."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session", autouse=True)
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Airflow writes its configuration somewhere: into a folder of this test run."""
    os.environ.setdefault("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
    os.environ.pop("CROSSDOCK_PARTNERS", None)
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"


def load(folder: Path):
    from airflow.dag_processing.dagbag import BundleDagBag

    started = time.perf_counter()
    bag = BundleDagBag(dag_folder=str(folder), bundle_path=str(folder), bundle_name="dags-folder")
    return bag, time.perf_counter() - started


@pytest.fixture(scope="session")
def loaded(airflow_home: None):
    """(bag, seconds it took)."""
    return load(ROOT / "dags")


@pytest.fixture(scope="session")
def dags(loaded) -> dict:
    """Every DAG by id."""
    return dict(loaded[0].dags)


@pytest.fixture
def load_dags() -> Callable:
    """Load the DAGs again, under an environment that the test has changed."""
    return lambda: load(ROOT / "dags")[0]
