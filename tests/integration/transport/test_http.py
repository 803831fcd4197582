"""The HTTP client against a real server that throttles, breaks, cuts short, refuses and dawdles."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from datetime import UTC, datetime

import pytest
import structlog
from starlette.responses import JSONResponse, Response

from crossdock.core.connections import Connection
from crossdock.core.errors import (
    Conflict,
    Misconfigured,
    Missing,
    NotPermitted,
    PartnerDown,
    Refused,
    Throttled,
)
from crossdock.transport import auth
from crossdock.transport.http import Client, Policy

QUICK = Policy(connect_seconds=1, read_seconds=1, attempts=3, first_wait=0.01, longest_wait=1.5, total_seconds=10)
GOOD = JSONResponse({"ok": True})


@pytest.fixture
def client(partner, watch):
    made = Client(Connection("p", host=partner.url), gate=watch, policy=QUICK)
    yield made
    made.close()


def kinds(watch) -> list[str]:
    return [told[0] for told in watch.told if told[0] != "enter"]


def test_an_answer_carries_the_partners_own_clock(partner, client):
    partner.will(JSONResponse({}, headers={"X-Server-Time": "2026-03-01T12:00:00.5+00:00"}), GOOD)
    assert client.get("x").server_at == datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC)
    assert abs((client.get("x").server_at - datetime.now(UTC)).total_seconds()) < 5


@pytest.mark.parametrize("retry_after", ["1", "1.0"])
def test_429_is_waited_out_for_as_long_as_the_partner_says_and_tried_again(partner, client, watch, retry_after):
    partner.will(Response("slow down", 429, {"Retry-After": retry_after}), GOOD)
    started = time.monotonic()
    assert client.get_json("x").data == {"ok": True}
    assert time.monotonic() - started >= 1.0
    assert watch.told == [("enter",), ("throttled", 1.0), ("enter",), ("succeeded",)]


def test_503_with_retry_after_is_throttling_and_without_it_an_outage(partner, client, watch):
    partner.will(Response("", 503, {"Retry-After": "0"}), Response("", 503), GOOD)
    client.get("x")
    assert kinds(watch) == ["throttled", "failed", "succeeded"]


def test_a_wait_longer_than_our_patience_is_the_callers_to_plan(partner, client):
    partner.will(Response("", 429, {"Retry-After": "120"}))
    with pytest.raises(Throttled) as caught:
        client.get("x")
    assert caught.value.retry_after == 120
    assert len(partner.asked) == 1


def test_retry_after_may_be_a_date(partner, client):
    partner.will(Response("", 429, {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}))
    with pytest.raises(Throttled) as caught:
        client.get("x")
    assert caught.value.retry_after == 86_400


@pytest.mark.parametrize("status", [500, 502, 504, 408])
def test_a_flake_is_tried_again_and_an_outage_is_given_up(partner, client, watch, status):
    partner.will(Response("<html>", status), GOOD)
    assert client.get("x").status == 200
    partner.will(Response("<html>", status))
    with pytest.raises(PartnerDown, match=str(status)):
        client.get("x")
    assert len(partner.asked) == 2 + QUICK.attempts
    assert kinds(watch)[-1] == "failed"


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Refused), (404, Missing), (410, Missing), (422, Refused), (401, NotPermitted), (403, NotPermitted),
     (409, Conflict), (412, Conflict)],
)  # fmt: skip
def test_a_no_is_never_tried_again_and_says_what_the_partner_said(partner, client, status, error):
    partner.will(Response('{"error": "order 4712 is closed"}', status))
    with pytest.raises(error, match="order 4712 is closed") as caught:
        client.get("x")
    assert caught.value.hint
    assert len(partner.asked) == 1


def test_silence_is_an_outage_after_the_time_out(partner):
    partner.will(lambda request, body: (time.sleep(1.3), GOOD)[1])
    hasty = Client(Connection("p", host=partner.url), policy=Policy(read_seconds=0.5, attempts=1))
    with pytest.raises(PartnerDown, match="ReadTimeout"):
        hasty.get("x")


def test_nobody_there_is_an_outage(client, watch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = Client(Connection("p", host=f"http://127.0.0.1:{free.getsockname()[1]}"), gate=watch, policy=QUICK)
        with pytest.raises(PartnerDown, match="ConnectError"):
            nobody.get("x")
    assert kinds(watch) == ["failed"] * QUICK.attempts


@pytest.mark.parametrize("half", [b'{"orders": [{"id": 1', b'{"orders": [{"lines": []}', b""])
def test_half_a_body_is_read_again(partner, client, watch, half):
    partner.will(Response(half, media_type="application/json"), GOOD)
    assert client.get_json("x").data == {"ok": True}
    assert kinds(watch) == ["failed", "succeeded"]


def test_a_connection_that_breaks_in_the_middle_is_read_again(watch):
    """The server promises 100 bytes, sends 10 and hangs up; the second time it sends them all."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        for body in (b'{"half": 1', b'{"whole": 1}'.ljust(100)):
            connection, _ = listening.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n" + body)
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    client = Client(Connection("p", host=f"http://127.0.0.1:{listening.getsockname()[1]}"), gate=watch, policy=QUICK)
    assert client.get_json("x").data == {"whole": 1}
    thread.join(5)
    listening.close()


def test_a_body_beyond_the_limit_is_refused_before_it_is_held(partner, watch):
    partner.will(Response(gzip.compress(b" " * 5_000_000), headers={"Content-Encoding": "gzip"}))
    small = Client(Connection("p", host=partner.url), gate=watch, policy=Policy(largest_response=1_000_000))
    with pytest.raises(Refused, match="more than 1000000 bytes"):
        small.get("x")


def test_a_write_carries_its_key_and_the_correlation_id_at_every_try(partner, client):
    partner.will(Response("", 500), JSONResponse({"id": 1}, 201))
    with structlog.contextvars.bound_contextvars(correlation_id="c0ffee"):
        answer = client.write("POST", "tickets", json={"a": 1}, idempotency_key="k-1")
    assert answer.data == {"id": 1}
    assert {r.headers["idempotency-key"] for r, _ in partner.asked} == {"k-1"}
    assert {r.headers["x-correlation-id"] for r, _ in partner.asked} == {"c0ffee"}
    assert [body for _, body in partner.asked] == [b'{"a":1}'] * 2


def test_a_write_that_may_have_been_done_is_not_repeated_where_the_partner_knows_no_key(partner, client):
    """What was throttled was not done and goes again; after an outage the caller must look first."""
    partner.will(Response("", 429, {"Retry-After": "0"}), Response("", 500), JSONResponse({"id": 1}, 201))
    with pytest.raises(PartnerDown):
        client.write("POST", "tickets", json={"a": 1}, idempotency_key="k-1", once=True)
    assert len(partner.asked) == 2


def test_a_read_has_a_correlation_id_of_its_own_and_no_idempotency_key(partner, client):
    partner.will(GOOD)
    client.get("x")
    asked = partner.asked[0][0].headers
    assert len(asked["x-correlation-id"]) == 32
    assert "idempotency-key" not in asked


def test_a_write_without_an_answer_gives_none(partner, client):
    partner.will(Response(status_code=204))
    assert client.write("PATCH", "x", json={}, idempotency_key="k").data is None


def test_credentials_go_to_no_other_host(partner, client):
    with pytest.raises(Refused, match="not on the host"):
        client.get("http://127.0.0.1:1/x?page=2")
    partner.will(Response("", 302, {"Location": "http://evil.example/"}))
    with pytest.raises(Misconfigured, match=r"redirected to http://evil\.example"):
        client.get("x")
    assert len(partner.asked) == 1


def test_basic_bearer_and_header_tokens(partner):
    partner.will(GOOD)
    given = {
        "basic": ({"auth": "basic"}, "authorization", "Basic dTpww7c="),
        "bearer": ({"auth": "bearer"}, "authorization", "Bearer p÷"),
        "header": ({"auth": "header", "auth_header": "X-Api-Key"}, "x-api-key", "p÷"),
    }
    for extra, header, value in given.values():
        password = "p÷" if header == "authorization" and value.startswith("Basic") else "pw"
        connection = Connection("p", host=partner.url, login="u", password=password, extra=extra)
        Client(connection, auth=auth.for_connection(connection)).get("x")
        assert partner.asked[-1][0].headers[header] == value.replace("p÷", "pw")


def test_an_auth_that_is_not_complete_is_misconfigured():
    with pytest.raises(Misconfigured, match="'oauth2'"):
        auth.for_connection(Connection("p", extra={"auth": "oauth2"}))


def test_oauth2_fetches_one_token_keeps_it_and_renews_it_when_it_is_refused(partner, watch):
    tokens = iter(["first", "second"])
    good = {"first": True}

    def answer(request, body):
        if request.url.path == "/token":
            assert body == b"grant_type=client_credentials&scope=read"
            assert request.headers["authorization"].startswith("Basic ")
            return JSONResponse({"access_token": next(tokens), "expires_in": 3600})
        token = request.headers["authorization"].removeprefix("Bearer ")
        return GOOD if good.get(token) else Response("", 401)

    partner.will(answer)
    proof = auth.ClientCredentials(f"{partner.url}/token", "id", "secret", "read")
    client = Client(Connection("p", host=partner.url), auth=proof, gate=watch, policy=QUICK)
    client.get("x")
    client.get("x")
    good.clear()
    good["second"] = True
    client.get("x")
    good.clear()
    with pytest.raises((NotPermitted, StopIteration, PartnerDown)):
        client.get("x")
    paths = [request.url.path for request, _ in partner.asked]
    assert paths[:6] == ["/token", "/x", "/x", "/x", "/token", "/x"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [(Response("", 401), NotPermitted), (Response("", 500), PartnerDown), (JSONResponse({"x": 1}), PartnerDown),
     (Response("<html>"), PartnerDown)],
)  # fmt: skip
def test_a_token_endpoint_that_fails_says_so(partner, answer, error):
    partner.will(answer)
    proof = auth.ClientCredentials(f"{partner.url}/token", "id", "secret")
    client = Client(Connection("p", host=partner.url), auth=proof, policy=Policy(attempts=1))
    with pytest.raises(error, match="token endpoint"):
        client.get("x")


def test_logs_name_the_call_and_hold_no_secret(partner, watch):
    partner.will(Response("no a@example.org here", 500), GOOD)
    connection = Connection("p", host=partner.url, login="user", password="hunter2hunter2", extra={"auth": "basic"})
    client = Client(connection, auth=auth.for_connection(connection), gate=watch, policy=QUICK)
    with structlog.testing.capture_logs() as lines:
        client.write("POST", "orders?token=hunter2hunter2", json={"email": "a@example.org"}, idempotency_key="k")
    ours = [line for line in lines if "call" in line]
    assert [(line["event"], line["attempt"]) for line in ours] == [("call failed", 1), ("called", 2)]
    assert ours[0]["error_class"] == "PartnerDown"
    text = repr(lines)
    assert f"POST {partner.url}/orders" in text
    assert "hunter2" not in text
    assert "a@example.org" not in text


def test_tls_is_verified_with_the_trust_store_of_the_machine():
    client = Client(Connection("p", host="https://127.0.0.1:1"))
    context = client._client._transport._pool._ssl_context
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
    assert context.get_ca_certs()
