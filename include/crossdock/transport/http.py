"""The HTTP client of every connector: auth, time-outs, retries, budget, ids, size limit, one log line a call.

Flakes (Throttled, PartnerDown) are tried again with exponential back-off and jitter, or after the partner's
Retry-After; a Refused or a Conflict never. A write is repeated only under the same `Idempotency-Key`.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import orjson
import stamina
from structlog.contextvars import get_contextvars

from crossdock.core import ids, log
from crossdock.core.connections import Connection
from crossdock.core.errors import (
    Conflict,
    CrossdockError,
    NotPermitted,
    PartnerDown,
    Refused,
    Throttled,
)
from crossdock.transport.auth import Auth, Fixed
from crossdock.transport.gate import CircuitOpen, Gate, OpenGate
from crossdock.transport.statuses import error_for, error_of

logger = log.get("transport")
EMAIL = re.compile(r"[^\s\"'<>:]+@[^\s\"'<>]+")


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient we are. Seconds and bytes."""

    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 20.0
    """A Retry-After beyond this is not slept through: the caller gets Throttled and comes back later."""
    total_seconds: float = 120.0
    largest_response: int = 32 * 1024 * 1024

    @classmethod
    def of(cls, settings: Mapping) -> Policy:
        """From a partner's `settings.http`."""
        return replace(cls(), **dict(settings.get("http") or {}))


@dataclass(slots=True)
class Response:
    """A good answer, read to its end."""

    status: int
    headers: httpx.Headers
    content: bytes
    url: str
    data: object = None
    """The decoded body where the call asked for JSON."""

    def take(self) -> object:
        """The decoded body, once: whoever takes it holds the only reference (two pages at once cost a third more)."""
        data, self.data = self.data, None
        return data

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "application/octet-stream").partition(";")[0].strip()

    @property
    def server_at(self) -> datetime | None:
        """The partner's own clock: `X-Server-Time` (ISO 8601) where it has one, else `Date`."""
        try:
            exact = self.headers.get("x-server-time")
            at = datetime.fromisoformat(exact) if exact else parsedate_to_datetime(self.headers["date"])
        except (KeyError, ValueError, TypeError):
            return None
        return at if at.tzinfo else at.replace(tzinfo=UTC)


class Client:
    """Calls one partner. `gate` is asked before and told after each call. Safe in threads; close it."""

    def __init__(
        self,
        connection: Connection,
        *,
        auth: Auth | None = None,
        gate: Gate | None = None,
        policy: Policy | None = None,
    ) -> None:
        self._base = connection.base_url
        self._auth = auth or Fixed({})
        self._gate = gate or OpenGate()
        self._policy = policy or Policy()
        self._client = httpx.Client(
            verify=_tls(self._base),
            timeout=httpx.Timeout(self._policy.read_seconds, connect=self._policy.connect_seconds),
            headers={"Accept": "application/json", "User-Agent": "crossdock"},
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, params: Mapping | None = None, headers: Mapping | None = None) -> Response:
        """Read `path` (below the connection's host, or a whole URL of the same host), whatever its format."""
        return self._call("GET", path, params=params, headers=headers)

    def get_json(self, path: str, params: Mapping | None = None, headers: Mapping | None = None) -> Response:
        """The same with the body decoded in `data`; half a body is a flake, and is read again."""
        return self._call("GET", path, params=params, headers=headers, decode=orjson.loads)

    def write(
        self,
        method: str,
        path: str,
        *,
        idempotency_key: str,
        json: object = None,
        headers: Mapping | None = None,
        once: bool = False,
    ) -> Response:
        """Change something at the partner; `data` is the decoded answer, None where there is none.

        Repeated only with the same key, so that a partner who knows the key does it once. `once`: not repeated where
        it may have been done (Throttled was not), for partners who know no key; the caller reads before it asks again.
        """
        body = b"" if json is None else orjson.dumps(json)
        given = {"Content-Type": "application/json"} if json is not None else {}
        given |= {"Idempotency-Key": idempotency_key, **(headers or {})}
        return self._call(method, path, once=once, content=body, headers=given, decode=_loads_if_any)

    def own(self, url: str) -> bool:
        """Whether `url` lies on this partner's host: credentials go nowhere else."""
        ours, theirs = httpx.URL(self._base), httpx.URL(url)
        return theirs.is_relative_url or (ours.scheme, ours.host, ours.port) == (
            theirs.scheme,
            theirs.host,
            theirs.port,
        )

    def _call(self, method: str, path: str, *, once: bool = False, **call: object) -> Response:
        policy = self._policy
        url = path if "://" in path else f"{self._base}/{path.lstrip('/')}"
        if not self.own(url):
            raise Refused(f"{url} is not on the host of the connection", hint="a page may only lead to its own host")
        renewed = False
        for attempt in stamina.retry_context(
            on=self._pause_unless_done if once else self._pause,
            attempts=policy.attempts,
            timeout=policy.total_seconds,
            wait_initial=policy.first_wait,
            wait_max=policy.longest_wait,
            wait_jitter=policy.first_wait,
        ):
            with attempt:
                try:
                    return self._once(method, url, attempt.num, **call)
                except NotPermitted:
                    if renewed or not self._auth.renew():
                        raise
                    renewed = True
                    return self._once(method, url, attempt.num, **call)
        raise PartnerDown(f"{method} {url} was never tried", hint="settings.http.attempts must be at least 1")

    def _pause(self, error: Exception) -> bool | float:
        if isinstance(error, CircuitOpen):
            return False
        if isinstance(error, Throttled):
            return error.retry_after if error.retry_after <= self._policy.longest_wait else False
        return isinstance(error, PartnerDown)

    def _pause_unless_done(self, error: Exception) -> bool | float:
        return self._pause(error) if isinstance(error, Throttled) else False

    def _once(self, method: str, url: str, attempt: int, *, decode: Callable | None = None, **call: object) -> Response:
        self._gate.enter()
        started = time.monotonic()
        what = f"{method} {_bare(url)}"
        try:
            response = self._exchange(method, url, what, decode, **call)
        except CrossdockError as error:
            self._tell(error)
            logger.warning(
                "call failed",
                call=what,
                attempt=attempt,
                error_class=type(error).__name__,
                error=str(error)[:300],
                seconds=round(time.monotonic() - started, 3),
            )
            raise
        self._gate.succeeded()
        say = logger.debug if method == "GET" else logger.info
        say(
            "called",
            call=what,
            status=response.status,
            attempt=attempt,
            size=len(response.content),
            seconds=round(time.monotonic() - started, 3),
        )
        return response

    def _exchange(
        self,
        method: str,
        url: str,
        what: str,
        decode: Callable | None,
        *,
        params: Mapping | None = None,
        headers: Mapping | None = None,
        content: bytes | None = None,
    ) -> Response:
        sent = {"X-Correlation-ID": get_contextvars().get("correlation_id") or ids.correlation_id()}
        sent |= self._auth.headers(self._client) | dict(headers or {})
        try:
            with self._client.stream(method, url, params=params, headers=sent, content=content) as answer:
                body = self._read(answer, what)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise error_of(error, what) from error
        error = error_for(answer.status_code, answer.headers, what, _excerpt(body))
        if error:
            raise error
        data = None
        if decode:
            try:
                data = decode(body)
            except ValueError as error:
                raise PartnerDown(f"{what} answered with half a body or no JSON: {error}") from None
        return Response(answer.status_code, answer.headers, body, url, data)

    def _read(self, answer: httpx.Response, what: str) -> bytes:
        limit = self._policy.largest_response
        chunks, size = [], 0
        for chunk in answer.iter_bytes():
            size += len(chunk)
            if size > limit:
                raise Refused(
                    f"{what} answered with more than {limit} bytes",
                    hint="ask for smaller pages, or raise settings.http.largest_response",
                )
            chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _tell(self, error: CrossdockError) -> None:
        """A business no is an answer; a refused login is an outage for us."""
        if isinstance(error, Throttled):
            self._gate.throttled(error.retry_after)
        elif isinstance(error, PartnerDown | NotPermitted):
            self._gate.failed(str(error))
        elif isinstance(error, Conflict | Refused):
            self._gate.succeeded()


def _tls(base: str) -> ssl.SSLContext | bool:
    """Verification is always on; the trust store is read only where TLS is spoken (it costs 20 ms and 2 MB)."""
    return True if base.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _bare(url: str) -> str:
    """Host and path: queries hold tokens and personal data."""
    return url.partition("?")[0]


def _excerpt(body: bytes) -> str:
    """The start of an answer for a message: partners echo what they were sent, so e-mail addresses are masked."""
    return EMAIL.sub("***", " ".join(body[:300].decode("utf-8", "replace").split()))


def _loads_if_any(body: bytes) -> object:
    return orjson.loads(body) if body.strip() else None
