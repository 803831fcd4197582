"""Every queue has people: the roles that Airflow is given are those of the queues."""

from __future__ import annotations

import runpy

import pytest

from crossdock.core.settings import settings

pytestmark = pytest.mark.slow
AIRFLOWS_OWN = {"Op"}


def test_every_queue_s_role_is_made(app):
    """A role that a queue names is Airflow's own or made by us, and we make none that no queue names."""
    script = settings().project_dir / "plugins" / "crossdock_plugin" / "provision.py"
    made = set(runpy.run_path(str(script))["PEOPLE"])
    named = {row[0] for row in app.execute("select airflow_role from ref.queues")}
    assert named - AIRFLOWS_OWN == made
