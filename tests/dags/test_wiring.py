"""What the DAG files share: cron of a feed's interval, retries by error class, connections."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crossdock.core import connections, errors

DAGS = Path(__file__).resolve().parents[2] / "dags"


@pytest.fixture
def wiring(monkeypatch: pytest.MonkeyPatch) -> Iterator:
    """The module, imported as the DAG files import it; the resolver of connections is put back."""
    import importlib

    monkeypatch.syspath_prepend(str(DAGS))
    yield importlib.import_module("wiring")
    sys.modules.pop("wiring", None)
    connections.use_resolver(connections.from_environment)


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("30s", "* * * * *"), ("60s", "* * * * *"), ("1m", "* * * * *"), ("5m", "*/5 * * * *"),
        ("900s", "*/15 * * * *"), ("1h", "0 * * * *"), ("6h", "0 */6 * * *"), ("1d", "0 3 * * *"),
    ],
)  # fmt: skip
def test_an_interval_becomes_cron(wiring, every: str, expected: str):
    """From `every` of a partner's folder."""
    assert wiring.cron(every) == expected


@pytest.mark.parametrize("every", ["7m", "90m", "5h", "2d", "often", ""])
def test_what_cron_cannot_say_is_refused(wiring, every: str):
    """Rather than silently read at another interval."""
    with pytest.raises(errors.Misconfigured, match="cannot be read every"):
        wiring.cron(every)


@pytest.mark.parametrize(
    "error", [errors.Refused("no"), errors.NotPermitted("no"), errors.Unmapped("?"), errors.Misconfigured("?")]
)
def test_what_a_person_must_decide_is_not_tried_again(wiring, error: Exception):
    """A business no, bad input and a wrong set-up fail at once."""
    assert wiring.ByErrorClass().evaluate(error, 1, 2).action.value == "fail"


def test_a_throttling_partner_is_given_the_time_it_asks_for(wiring):
    """Retry-After is kept."""
    decision = wiring.ByErrorClass().evaluate(errors.Throttled("slow down", retry_after=17), 1, 2)
    assert (decision.action.value, decision.retry_delay) == ("retry", timedelta(seconds=17))


@pytest.mark.parametrize("error", [errors.PartnerDown("time-out"), errors.Conflict("412"), ConnectionError("reset")])
def test_what_may_pass_by_itself_is_tried_again(wiring, error: Exception):
    """With the task's own back-off."""
    assert wiring.ByErrorClass().evaluate(error, 1, 2).action.value == "default"


def test_the_product_finds_connections_through_airflow(wiring, monkeypatch: pytest.MonkeyPatch):
    """Host, login, secret and extras arrive as the product wants them."""
    given = {
        "conn_type": "sftp",
        "host": "edi.example",
        "port": 22,
        "login": "acme",
        "password": "geheim",
        "extra": {"host_key": "ssh-ed25519 A"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_ACME_EDI", json.dumps(given))
    wiring.use_airflow_connections()
    found = connections.connection("acme_edi")
    assert (found.host, found.port, found.login, found.password) == ("edi.example", 22, "acme", "geheim")
    assert found.extra == {"host_key": "ssh-ed25519 A"}
