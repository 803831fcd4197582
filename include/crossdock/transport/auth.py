"""How we prove who we are: basic, a token in a header, or OAuth2 client credentials."""

from __future__ import annotations

import base64
import threading
import time
from typing import Protocol

import httpx
import orjson

from crossdock.core.connections import Connection
from crossdock.core.errors import Misconfigured, NotPermitted, PartnerDown

EARLY_SECONDS = 30.0  # a token is renewed this long before it ends, so that no call starts with a dying one


class Auth(Protocol):
    """Gives the headers of each call; never logged."""

    def headers(self, client: httpx.Client) -> dict[str, str]: ...

    def renew(self) -> bool:
        """Forget what was refused; True when another try may fare better."""
        ...


class Fixed:
    """Headers that never change: basic, bearer, API key."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    def headers(self, client: httpx.Client) -> dict[str, str]:
        return self._headers

    def renew(self) -> bool:
        return False


def basic(login: str, password: str) -> Fixed:
    """RFC 7617, UTF-8."""
    return Fixed({"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()})


def token(value: str, *, header: str = "Authorization", scheme: str = "Bearer ") -> Fixed:
    """A token in a header of the partner's choice, as in `X-Shopify-Access-Token`."""
    return Fixed({header: f"{scheme}{value}"})


class ClientCredentials:
    """OAuth2 client credentials (RFC 6749 4.4): one token, kept until shortly before it ends, safe in threads."""

    def __init__(self, token_url: str, client_id: str, client_secret: str, scope: str = "") -> None:
        self._url = token_url
        self._login = (client_id, client_secret)
        self._form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0

    def headers(self, client: httpx.Client) -> dict[str, str]:
        with self._lock:
            if time.monotonic() >= self._ends:
                self._fetch(client)
            return {"Authorization": f"Bearer {self._token}"}

    def renew(self) -> bool:
        self._ends = 0.0
        return True

    def _fetch(self, client: httpx.Client) -> None:
        try:
            response = client.post(self._url, data=self._form, auth=self._login)
        except httpx.HTTPError as error:
            kind = type(error).__name__
            raise PartnerDown(f"the token endpoint {self._url} does not answer: {kind}") from error
        if response.status_code >= 500 or response.status_code == 429:
            raise PartnerDown(f"the token endpoint {self._url} answered {response.status_code}")
        if response.status_code != 200:
            raise NotPermitted(
                f"the token endpoint {self._url} answered {response.status_code}",
                hint="check client id, secret and scope in the connection",
            )
        try:
            given = orjson.loads(response.content)
            self._token = given["access_token"]
            lifetime = float(given.get("expires_in", 300))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise PartnerDown(f"the token endpoint {self._url} answered without an access_token") from None
        self._ends = time.monotonic() + max(0.0, lifetime - EARLY_SECONDS)


def for_connection(connection: Connection, *, default: str = "basic") -> Auth:
    """What the connection asks for in `extra.auth`: none, basic, bearer, header or oauth2.

    basic: login, password · bearer: password · header: password in `extra.auth_header` · oauth2: login, password
    at `extra.token_url`. Raises Misconfigured for anything else.
    """
    extra = connection.extra
    kind = extra.get("auth", default)
    if kind == "none":
        return Fixed({})
    if kind == "basic":
        return basic(connection.login, connection.password)
    if kind == "bearer":
        return token(connection.password)
    if kind == "header" and extra.get("auth_header"):
        return token(connection.password, header=extra["auth_header"], scheme="")
    if kind == "oauth2" and extra.get("token_url"):
        return ClientCredentials(extra["token_url"], connection.login, connection.password, extra.get("scope", ""))
    raise Misconfigured(
        f"connection {connection.conn_id!r} asks for auth {kind!r} without what it needs",
        hint="use none, basic, bearer, header (with auth_header) or oauth2 (with token_url) in extra.auth",
    )
