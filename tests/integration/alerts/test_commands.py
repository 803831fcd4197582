"""`crossdock alerts`, run as people run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crossdock.alerts import api, compose

from .conftest import SECRET, routes

FILE = """
version: 7
routes:
  warehouse:
    kind: business
    audience: {queue: warehouse}
    events: [case_opened]
    channel: mail
"""


@pytest.fixture
def crossdock(desk, tmp_path):
    """Run a command on the desk's database with routes of its own; give back status, output and error."""
    (tmp_path / "routes.yaml").write_text(FILE)
    environment = os.environ | {
        "CROSSDOCK_DSN": desk.dsn["app"],
        "CROSSDOCK_ALERT_ROUTES": str(tmp_path / "routes.yaml"),
    }

    def run(*words: str) -> tuple[int, str, str]:
        command = [str(Path(sys.executable).with_name("crossdock")), "alerts", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert SECRET not in done.stdout + done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


def test_send_list_show_and_answer(crossdock, desk, mail):
    """What was planned is sent, listed with its state, shown whole, and answered once."""
    case_id = desk.case()
    assert "1 planned, 0 escalated, 0 taken up again; 1 sent" in crossdock("send")[1]
    assert "order-1" in mail.texts()[0]
    listed = [json.loads(line) for line in crossdock("list", "--json", "--state", "sent")[1].splitlines()]
    assert [(row["route"], row["event"], row["things"], row["tries"]) for row in listed] == [
        ("warehouse", "case_opened", 1, 1)
    ]
    alert = str(listed[0]["alert_id"])
    shown = json.loads(crossdock("show", alert)[1])
    assert [item["case_id"] for item in shown["items"]] == [case_id]
    assert shown["delivery"]["subject"] == "[Crossdock] New: Inventory short pick, warehouse 1710"
    assert crossdock("answer", alert, "--by", "anna")[0] == 0
    assert crossdock("answer", alert)[0] == 1
    assert crossdock("list", "--state", "failed")[1].strip() == "no alerts"


def test_test_and_check(crossdock, mail, tmp_path):
    """A route is tried, a file is checked; what is wrong is named and the status says so."""
    assert crossdock("test", "warehouse")[:2] == (0, "sent by route warehouse\n")
    assert crossdock("routes", "check")[0] == 0
    (tmp_path / "other.yaml").write_text(FILE.replace("channel: mail", "channel: nowhere"))
    status, out, _ = crossdock("routes", "check", str(tmp_path / "other.yaml"))
    assert (status, "connection 'nowhere' is not defined" in out) == (2, True)
    mail.replies = ["554 no"]
    assert crossdock("test", "warehouse")[0] == 1


def test_own_templates_stand_beside_own_routes(crossdock, desk, mail, tmp_path):
    """A company's words win over ours; a template that is wrong is named and sends nothing."""
    folder = tmp_path / "templates" / "en"
    folder.mkdir(parents=True)
    (folder / "alert.j2").write_text('ACME: {{ alert.title }}\n{{ alert["count"] }} to do\n')
    desk.case()
    crossdock("send")
    assert (mail.messages[0]["Subject"], mail.texts()[0].strip()) == (
        "ACME: Inventory short pick, warehouse 1710",
        "1 to do",
    )


def test_a_wrong_template_holds_up_its_own_route_only(desk, mail, monkeypatch, tmp_path):
    """It is named in the log and on the alert, others go out, and once it is mended the alert does too."""
    folder = tmp_path / "templates" / "xx"
    folder.mkdir(parents=True)
    (folder / "words.yaml").write_text((compose.OWN / "en" / "words.yaml").read_text())
    (folder / "alert.j2").write_text("{{ nobody }}")
    monkeypatch.setattr(compose, "folders", lambda: [tmp_path / "templates", compose.OWN])
    both = routes(ours={"events": ["case_opened"]}, theirs={"events": ["case_opened"], "language": "xx"})
    desk.case()
    assert desk.tell(both) == api.Sent(sent=1, retried=1)
    reasons = desk.rows("select state_reason from ops.alerts where state = 'pending'")
    assert reasons == [("template xx/alert.j2: 'nobody' is undefined",)]
    (folder / "alert.j2").write_text("Mended: {{ alert.title }}")
    desk.later(minutes=11)
    assert desk.send(both).sent == 1
    assert mail.messages[1]["Subject"] == "Mended: Inventory short pick, warehouse 1710"


def test_what_was_given_up_is_taken_up_again(crossdock, desk, mail):
    """The status says that something was given up; `--again` sends it when the server is willing."""
    mail.replies = ["554 no"]
    desk.case()
    assert crossdock("send")[0] == 1
    assert "1 taken up again; 1 sent" in crossdock("send", "--again")[1]
