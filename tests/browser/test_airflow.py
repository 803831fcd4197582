"""The desk where it lives: Airflow's own API server, its users and roles, its sandboxed frame."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

import desk_story
from crossdock.core.settings import settings
from crossdock.stack.postgres import free_port
from webdriver import ENTER, TAB

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(600)]
PASSWORD = "for-tests-only"
USERS = {"walt": "Warehouse", "fred": "Finance", "cora": "CustomerService", "vera": "Viewer", "guest": "Public"}
MAKE_USERS = """
import json, sys
from airflow.providers.fab.www.app import create_app
from flask import current_app
with create_app(enable_plugins=False).app_context():
    manager = current_app.appbuilder.sm
    for login, role in json.load(sys.stdin).items():
        manager.add_user(login, login, "T", login + "@example.org", manager.find_role(role), "for-tests-only")
"""


@dataclass
class Airflow:
    """A running API server."""

    base: str

    def client(self, login: str) -> httpx.Client:
        """Somebody signed in, as a browser is: by Airflow's cookie."""
        given = {"username": login, "password": PASSWORD}
        answer = httpx.post(f"{self.base}/auth/token", json=given, timeout=60)
        cookies = {"_token": answer.raise_for_status().json()["access_token"]}
        return httpx.Client(base_url=self.base, cookies=cookies, timeout=60)


@pytest.fixture(scope="module")
def airflow(postgres, story, tmp_path_factory) -> Iterator[Airflow]:
    """Airflow's database and API server, our plugin in it, provisioned twice as after an upgrade, with people."""
    name, home = f"airflow_{secrets.token_hex(4)}", tmp_path_factory.mktemp("airflow")
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        admin.execute(f'create database "{name}"')
    port = free_port()
    environment = _environment(postgres, name, port, home, story.dsn["app"])
    with (home / "airflow.log").open("wb") as log:
        given = {"env": environment, "stdout": log, "stderr": log, "check": True, "timeout": 300}
        command = str(Path(sys.executable).parent / "airflow")
        subprocess.run([command, "db", "migrate"], **given)
        logins = ("admin", "keeper", "questions")
        people = json.dumps({login: {"username": login, "password": PASSWORD} for login in logins})
        script = settings().project_dir / "plugins" / "crossdock_plugin" / "provision.py"
        for _ in range(2):
            subprocess.run([sys.executable, str(script)], input=people.encode(), **given)
        subprocess.run([sys.executable, "-c", MAKE_USERS], input=json.dumps(USERS).encode(), **given)
        server = subprocess.Popen([command, "api-server"], env=environment, stdout=log, stderr=log)
        try:
            base = f"http://127.0.0.1:{port}"
            _ready(base, server, home / "airflow.log")
            yield Airflow(base)
        finally:
            server.terminate()
            server.wait(60)
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        admin.execute(f'drop database "{name}" with (force)')


def _environment(postgres, name: str, port: int, home: Path, dsn: str) -> dict[str, str]:
    given = psycopg.conninfo.conninfo_to_dict(postgres.superuser)
    place = f"{given['user']}:{given['password']}@{given['host']}:{given['port']}/{name}"
    options = {
        "CORE__DAGS_FOLDER": str(home / "dags"),
        "CORE__PLUGINS_FOLDER": str(settings().project_dir / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{place}",
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__BASE_URL": f"http://127.0.0.1:{port}",
        "API__SECRET_KEY": secrets.token_hex(16),
        "API_AUTH__JWT_SECRET": secrets.token_hex(64),
        "API_AUTH__JWT_ISSUER": "crossdock",
    }
    named = {f"AIRFLOW__{key}": value for key, value in options.items()}
    return os.environ | named | {"AIRFLOW_HOME": str(home), "CROSSDOCK_DSN": dsn}


def _ready(base: str, server: subprocess.Popen, log: Path, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(f"{base}/api/v2/version", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise AssertionError(f"Airflow did not come up:\n{log.read_text()[-3000:]}")


def test_airflow_s_roles_open_and_close_the_desk(story, airflow):
    """No session 401, no right 403; every role of the desk reads, and names are for those who need them."""
    desk_story.add_case(story)
    assert httpx.get(f"{airflow.base}/desk/").status_code == 401
    with airflow.client("guest") as guest:
        assert guest.get("/desk/").status_code == 403
    for login in ("walt", "fred", "cora", "vera", "admin"):
        with airflow.client(login) as client:
            page = client.get("/desk/?queue=all")
            assert page.status_code == 200, (login, page.text)
            assert f"Signed in as {login}" in page.text
            assert (desk_story.NAME in page.text) is (login in ("cora", "admin"))


def test_acts_are_checked_against_airflow_s_roles(story, airflow):
    """The queue's people act, others do not, and Viewer lacks even the right to send a form."""
    case_id = desk_story.add_case(story)
    for login, status in (("walt", 303), ("admin", 303), ("fred", 403), ("vera", 403)):
        with airflow.client(login) as client:
            page = client.get(f"/desk/cases/{case_id}").text
            token = re.search(r'name="token" value="(\w+)"', page)
            form = {"token": token[1] if token else "", "text": f"by {login}"}
            sent = client.post(f"/desk/cases/{case_id}/note", data=form, headers={"sec-fetch-site": "same-origin"})
            assert sent.status_code == status, (login, sent.text)
    notes = story.rows("select actor from ops.case_events where case_id = %s and event = 'note' order by 1", case_id)
    assert notes == [("admin",), ("walt",)]


def test_a_case_is_approved_inside_airflow(story, airflow, browser):
    """Sign in, open the desk from Airflow's page, and approve with the keyboard in its sandboxed frame."""
    case_id = desk_story.add_case(story)
    approval_id = desk_story.ask_approval(story, case_id, ["warehouse"])
    browser.open(f"{airflow.base}/auth/login/")
    browser.look("document.querySelector('#username').focus()")
    browser.press(*"walt", TAB, *PASSWORD, ENTER)
    browser.wait_for("Browse", 60)
    browser.open(f"{airflow.base}/plugin/exception-desk")
    browser.enter_frame(60)
    browser.wait_for("Signed in as walt", 60)
    browser.look("document.querySelector('main').focus()")
    browser.tab_to(f"{case_id}: 4 of 10 SKU-1 picked")
    browser.press(ENTER)
    browser.wait_for("Deliver the missing 6 from W2?")
    browser.tab_to("Approve")
    browser.press(ENTER)
    browser.wait_for("Your approval was recorded.")
    given = story.rows("select state, decided_by, front_end from ops.approvals where approval_id = %s", approval_id)
    assert given == [("approved", "walt", "desk")]
    browser.leave_frame()
    assert "allow-forms" in browser.look("return document.querySelector('iframe').getAttribute('sandbox')")
