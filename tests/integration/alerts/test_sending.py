"""How it goes out: tries and outcomes by error class, digests, quiet hours, once after a crash, no secret anywhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
import yaml

from crossdock.alerts import api, check, deliver
from crossdock.cases import audit
from crossdock.core.errors import Misconfigured

from .conftest import SECRET, routes

BERLIN = ZoneInfo("Europe/Berlin")
OPENED = routes(warehouse={"events": ["case_opened"]})
HOOKED = routes(warehouse={"events": ["case_opened"], "channel": "hook"})
KEYS = "select state, tries, outcomes from ops.alert_deliveries order by delivery_id"


def test_a_webhook_gets_the_alert_and_its_key(desk, webhook):
    """Title, message and type as Apprise sends them; the key says which alert it is, try after try."""
    desk.case()
    assert desk.tell(HOOKED).sent == 1
    ((headers, body),) = webhook.calls
    assert body["title"] == "[Crossdock] New: Inventory short pick, warehouse 1710"
    assert "order-1: Short pick of 3 pieces" in body["message"]
    assert body["type"] == "warning"
    assert desk.rows("select delivery_key, service from ops.alert_deliveries") == [(headers["Idempotency-Key"], "JSON")]


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_flake_of_a_webhook_is_tried_again(desk, webhook, status):
    """Later and with the same key; each try is written down; then it counts as sent."""
    webhook.statuses = [status, status]
    desk.case()
    assert desk.tell(HOOKED).retried == 1
    assert desk.send(HOOKED) == api.Sent()
    desk.later(minutes=1)
    assert desk.send(HOOKED).retried == 1
    assert desk.states() == ["pending"]
    desk.later(minutes=2)
    assert desk.send(HOOKED).sent == 1
    assert len({headers["Idempotency-Key"] for headers, _ in webhook.calls}) == 1
    ((state, tries, outcomes),) = desk.rows(KEYS)
    assert (state, tries) == ("sent", 3)
    expected = "Throttled" if status == 429 else "PartnerDown"
    assert [outcome["error_class"] for outcome in outcomes] == [expected, expected, None]
    assert desk.states() == ["sent"]


@pytest.mark.parametrize(("status", "error_class"), [(404, "Refused"), (401, "NotPermitted")])
def test_a_no_of_a_webhook_is_not_tried_again(desk, webhook, status, error_class):
    """It is given up at once and shows; `again` takes it up when somebody has mended it."""
    webhook.statuses = [status]
    desk.case()
    assert desk.tell(HOOKED).failed == 1
    desk.later(hours=12)
    assert desk.send(HOOKED) == api.Sent()
    assert desk.rows(KEYS)[0][2][0]["error_class"] == error_class
    assert desk.states() == ["failed"]
    with desk.open() as connection:
        assert api.again(connection, now=desk.now) == 1
    assert desk.send(HOOKED).sent == 1
    assert desk.states() == ["sent"]


def test_a_webhook_that_is_down_is_given_up_in_the_end(desk, monkeypatch):
    """After so many tries with growing pauses; nothing waits for ever."""
    monkeypatch.setenv("AIRFLOW_CONN_HOOK", json.dumps({"password": "json://127.0.0.1:9/alerts"}))
    desk.case()
    desk.plan(HOOKED)
    for _ in range(deliver.MOST_TRIES - 1):
        assert desk.send(HOOKED).retried == 1
        desk.later(hours=1)
    assert desk.send(HOOKED).failed == 1
    assert desk.states() == ["failed"]


@pytest.mark.parametrize(
    ("reply", "error_class", "state"),
    [("451 busy", "PartnerDown", "pending"), ("554 never", "Refused", "failed")],
)
def test_the_reply_of_a_mail_server_decides(desk, mail, reply, error_class, state):
    """4xx is a flake, 5xx a no."""
    mail.replies = [reply]
    desk.case()
    desk.tell(OPENED)
    assert desk.rows(KEYS)[0][2][0]["error_class"] == error_class
    assert desk.states() == [state]
    desk.later(minutes=1)
    desk.send(OPENED)
    assert len(mail.messages) == (state == "pending")


def test_one_wrong_address_of_two_does_not_stop_the_other(desk, mail, monkeypatch):
    """The mail is sent to whom the server takes, and the outcome says to how many."""
    url = mail.url("warehouse@example.com,gone@example.com")
    monkeypatch.setenv("AIRFLOW_CONN_MAIL", json.dumps({"password": url}))
    mail.refused = {"gone@example.com"}
    desk.case()
    assert desk.tell(OPENED).sent == 1
    assert desk.rows("select state_reason from ops.alerts") == [("taken by e-mail, 1 of 2 recipients",)]


def test_a_wrong_password_or_a_missing_connection_is_given_up(desk, mail, monkeypatch):
    """Somebody must edit something; the message names the connection and not its secret."""
    monkeypatch.setenv("AIRFLOW_CONN_MAIL", json.dumps({"password": mail.url().replace(SECRET, "wrong-password")}))
    desk.case()
    assert desk.tell(OPENED).failed == 1
    monkeypatch.delenv("AIRFLOW_CONN_MAIL")
    desk.case(warehouse_code="1720")
    assert desk.tell(OPENED).failed == 1
    classes = [outcomes[0]["error_class"] for _, _, outcomes in desk.rows(KEYS)]
    assert classes == ["NotPermitted", "Misconfigured"]
    assert mail.messages == []


def test_no_secret_and_no_address_is_kept_or_logged(desk, mail, webhook, capfd, caplog):
    """Not in a table, not in a log line, whether it was sent, refused or could not be read."""
    caplog.set_level("DEBUG")
    webhook.statuses = [500, 401]
    mail.replies = ["554 warehouse@example.com never"]
    both = routes(one={"events": ["case_opened"]}, two={"events": ["case_opened"], "channel": "hook"})
    for number in range(3):
        desk.case(warehouse_code=str(number))
    desk.tell(both)
    desk.later(minutes=2)
    desk.send(both)
    kept = json.dumps(
        [
            desk.rows(f"select to_jsonb(t)::text from ops.{table} as t")
            for table in ("alerts", "alert_items", "alert_deliveries", "alert_routes", "alert_positions")
        ]
    )
    own = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.")]
    logged = "".join(capfd.readouterr()) + "\n".join(own)
    assert "alert not sent" in logged
    for text in (kept, logged):
        assert SECRET not in text
        assert "warehouse@example.com" not in text


def test_a_digest_gathers_and_goes_out_on_the_hour(desk, mail):
    """Every half hour: one mail with every cause, the worst first; nothing before, nothing after."""
    half_hourly = routes(warehouse={"events": ["case_opened"], "digest": {"every": "30m"}})
    desk.now = datetime(2026, 11, 20, 10, 5, tzinfo=BERLIN)
    desk.case(severity="low", warehouse_code="A")
    desk.case(severity="critical", warehouse_code="B")
    desk.case(severity="critical", warehouse_code="B")
    assert desk.tell(half_hourly).sent == 0
    desk.now = datetime(2026, 11, 20, 10, 30, tzinfo=BERLIN)
    assert desk.tell(half_hourly).sent == 1
    text = mail.texts()[0]
    assert mail.messages[0]["Subject"] == "[Crossdock] 2 alerts by 2026-11-20 09:30 UTC, worst critical"
    assert text.index("1. New: Inventory short pick, warehouse B (critical, 2 cases") < text.index("2. New:")
    assert desk.tell(half_hourly).sent == 0
    assert desk.states() == ["sent", "sent"]


def test_the_daily_digest_carries_the_head_of_the_chain(desk, mail):
    """Position and hash as the chain has them, also in ops.audit_heads once it was sent; on a dull day, too."""
    daily = routes(
        daily={
            "audience": {"role": "Admin"},
            "events": ["case_opened"],
            "digest": {"daily": "07:30"},
            "zone": "Europe/Berlin",
            "carries_chain_head": True,
        }
    )
    desk.case()
    desk.now = datetime.combine(datetime.now(BERLIN) + timedelta(days=1), time(7), BERLIN)
    assert desk.tell(daily).sent == 0
    mail.replies = ["451 busy"]
    desk.later(minutes=30)
    assert desk.tell(daily).retried == 1
    assert desk.rows("select count(*) from ops.audit_heads") == [(0,)]
    desk.later(minutes=1)
    assert desk.tell(daily).sent == 1
    ((position, digest),) = desk.rows("select position, hash from ops.audit_chain")
    assert f"position {position}, hash {digest.hex()}" in mail.texts()[0]
    assert "1. New: Inventory short pick" in mail.texts()[0]
    assert desk.rows("select position, hash from ops.audit_heads") == [(position, digest)]
    desk.later(hours=23, minutes=59)
    assert desk.tell(daily).sent == 1
    assert "Nothing happened" in mail.texts()[1]
    assert digest.hex() in mail.texts()[1]
    assert desk.rows("select count(*) from ops.audit_heads") == [(1,)]
    assert audit.verify(desk.connection) == []
    rewrite_the_chain(desk)
    ((problem, detail),) = [(row["problem"], row["detail"]) for row in audit.verify(desk.connection)]
    assert problem == "rewritten"
    assert "as told to alert message" in detail


def rewrite_the_chain(desk) -> None:
    """An owner changes an event and seals everything anew, so that the chain by itself is sound."""
    with psycopg.connect(desk.dsn["owner"]) as owner:
        for table in ("case_events", "audit_chain"):
            owner.execute(f"alter table ops.{table} disable trigger user")
        owner.execute("update ops.case_events set actor = 'nobody'")
        owner.execute(
            """
            update ops.audit_chain as h set hash = ops.event_digest(h.previous_hash, e)
            from ops.case_events as e where e.event_id = h.event_id
            """
        )


def test_quiet_hours_hold_back_all_but_what_breaks_through(desk, mail):
    """In the route's zone: a critical one rings at night, the others wait for the morning."""
    quiet = {"from": "20:00", "until": "06:00", "except_severities": ["critical"]}
    night = routes(warehouse={"events": ["case_opened"], "zone": "Europe/Berlin", "quiet": quiet})
    desk.now = datetime(2026, 11, 20, 23, 0, tzinfo=BERLIN)
    desk.case(warehouse_code="A")
    desk.case(warehouse_code="B", severity="critical")
    assert desk.tell(night).sent == 1
    assert "warehouse B" in mail.texts()[0]
    desk.now = datetime(2026, 11, 21, 5, 59, tzinfo=BERLIN)
    assert desk.tell(night).sent == 0
    desk.now = datetime(2026, 11, 21, 6, 0, tzinfo=BERLIN)
    assert desk.tell(night).sent == 1
    assert "warehouse A" in mail.texts()[1]


def test_it_gets_worse_at_night(desk, mail):
    """A critical case that joins an alert held back until the morning sets it free."""
    quiet = {"from": "20:00", "until": "06:00", "except_severities": ["critical"]}
    night = routes(warehouse={"events": ["case_opened"], "quiet": quiet})
    desk.now = datetime(2026, 11, 20, 23, 0, tzinfo=ZoneInfo("UTC"))
    desk.case()
    assert desk.tell(night).sent == 0
    desk.case(severity="critical")
    assert desk.tell(night).sent == 1
    assert "2 cases" in mail.texts()[0]


def test_two_senders_send_each_message_once(desk, mail):
    """While one is at the mail server, the other finds the message leased."""
    desk.case()
    desk.plan(OPENED)
    others: list[api.Sent] = []
    mail.on_data = lambda: others.append(desk.send(OPENED))
    assert desk.send(OPENED).sent == 1
    assert others == [api.Sent()]
    assert len(mail.messages) == 1


def test_a_sender_killed_between_sending_and_committing_sends_the_same_message_again(desk, mail, tmp_path):
    """kill -9 when the server has taken the mail: it goes out once more, after its lease, with the same Message-ID."""
    file = tmp_path / "routes.yaml"
    file.write_text(yaml.safe_dump(OPENED.model_dump(mode="json", by_alias=True, exclude_defaults=True) | {
        "routes": {"warehouse": {"kind": "business", "audience": {"queue": "warehouse"}, "channel": "mail"}}
    }))  # fmt: skip
    desk.case()
    command = [str(Path(sys.executable).with_name("crossdock")), "alerts", "send"]
    sender = subprocess.Popen(
        command, env=os.environ | {"CROSSDOCK_DSN": desk.dsn["app"], "CROSSDOCK_ALERT_ROUTES": str(file)}
    )
    mail.on_data = lambda: os.kill(sender.pid, signal.SIGKILL)
    assert sender.wait(60) == -signal.SIGKILL
    assert len(mail.messages) == 1
    assert desk.states() == ["pending"]
    mail.on_data = None
    desk.later(minutes=1)
    assert desk.send(OPENED) == api.Sent()
    desk.later(minutes=6)
    assert desk.send(OPENED).sent == 1
    first, second = mail.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_content() == second.get_content()
    ((state, tries, outcomes),) = desk.rows(KEYS)
    assert (state, tries) == ("sent", 2)
    assert outcomes[0]["outcome"].startswith("unknown: the sender died")
    assert desk.tell(OPENED) == api.Sent()


def test_a_test_message_is_sent_and_recorded(desk, mail):
    """It says that it is a test; a route that is not there is named with those that are."""
    assert api.send_test(desk.open, "warehouse", routes=OPENED).sent == 1
    assert mail.messages[0]["Subject"] == "[Crossdock] Test of route warehouse"
    assert desk.rows("select route, state from ops.alert_deliveries") == [("warehouse", "sent")]
    with pytest.raises(Misconfigured, match="no route 'warehous'"):
        api.send_test(desk.open, "warehous", routes=OPENED)


def test_what_leads_nowhere_is_named(desk, monkeypatch):
    """Queue, role, code, language and connection, each by its name; sound routes have no problem."""
    assert check.problems(desk.connection, OPENED) == []
    wrong = routes(
        one={"audience": {"queue": "wharehouse"}, "channel": "nowhere"},
        two={"codes": ["short_pick"], "language": "xx"},
        three={"audience": {"role": "Bosses"}, "channel": "hook"},
    )
    monkeypatch.setenv("AIRFLOW_CONN_HOOK", json.dumps({"password": f"nonsense://{SECRET}"}))
    found = "\n".join(check.problems(desk.connection, wrong))
    for name in ("wharehouse", "Bosses", "short_pick", "'xx'", "'nowhere'", "'hook' holds no URL"):
        assert name in found
    assert SECRET not in found
