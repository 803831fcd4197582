"""A session with one SAP system for writing: entities with their ETags, CSRF tokens, changes under a condition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crossdock.connectors.sap_s4 import odata
from crossdock.connectors.sap_s4.client import http_client
from crossdock.connectors.sap_s4.settings import SapSettings
from crossdock.connectors.telling import entity
from crossdock.core.connections import Connection
from crossdock.core.errors import Missing, NotPermitted
from crossdock.transport.gate import Gate
from crossdock.transport.http import Response


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity as it was read: where it is, what it says, under which condition it may be changed."""

    service: str
    path: str
    fields: dict
    etag: str


class SapSession:
    """Calls to one SAP system. Raises Retriable (Conflict: read again), Refused or Misconfigured."""

    def __init__(self, connection: Connection, settings: SapSettings, gate: Gate, partner: dict) -> None:
        self.settings = settings
        self.login = connection.login
        self._client = http_client(connection, gate, partner)
        self._tokens: dict[str, str] = {}

    def close(self) -> None:
        self._client.close()

    def find(self, service: str, path: str, expand: str = "") -> Entity | None:
        """The entity at `path` below a service; None where there is none."""
        query = {"$format": "json"} | ({"$expand": expand} if expand else {})
        try:
            response = self._client.get_json(self._url(service, path), query)
        except Missing:
            return None
        fields = entity(response.data, "d")
        etag = (fields.get("__metadata") or {}).get("etag") or response.headers.get("etag") or "*"
        return Entity(service, path, fields, etag)

    def get(self, service: str, path: str, expand: str = "") -> Entity:
        """The same. Raises Missing where there is none."""
        found = self.find(service, path, expand)
        if found is None:
            raise Missing(f"SAP has no {path}", hint="check the number, and whether it was deleted")
        return found

    def list(self, service: str, path: str, where: str) -> list[dict]:
        """The entities of a set that pass a `$filter`; of a long list, the first page."""
        response = self._client.get_json(self._url(service, path), {"$format": "json", "$filter": where})
        return odata.results(response.data) or []

    def change(self, found: Entity, fields: dict, key: str) -> bool:
        """Set what differs, under the condition that nobody else changed it. False where nothing differed."""
        differing = {name: value for name, value in fields.items() if found.fields.get(name) != value}
        if differing:
            self._write("PATCH", found, key, json=differing)
        return bool(differing)

    def delete(self, found: Entity, key: str) -> None:
        self._write("DELETE", found, key)

    def call(self, function: str, found: Entity, query: str, key: str) -> None:
        """Call a function import of the entity's service about the entity."""
        self._write("POST", found, key, path=f"{function}?{query}")

    def create(self, service: str, path: str, fields: dict, key: str) -> dict:
        """Make an entity; what SAP answers."""
        url = self._url(service, path)
        answer = self._with_token(
            service,
            lambda token: self._client.write("POST", url, json=fields, idempotency_key=key, headers=token, once=True),
        )
        return entity(answer.data, "d")

    def _write(self, method: str, found: Entity, key: str, *, path: str = "", json: object = None) -> None:
        url, condition = self._url(found.service, path or found.path), {"If-Match": found.etag}
        self._with_token(
            found.service,
            lambda token: self._client.write(
                method, url, json=json, idempotency_key=key, headers=condition | token, once=True
            ),
        )

    def _with_token(self, service: str, write: Callable[[dict], Response]) -> Response:
        """A CSRF token dies with its session: one new one, then a 403 is a real no."""
        try:
            return write(self._token(service))
        except NotPermitted:
            self._tokens.pop(service, None)
            return write(self._token(service))

    def _token(self, service: str) -> dict:
        if service not in self._tokens:
            response = self._client.get(self._url(service, ""), headers={"X-CSRF-Token": "Fetch"})
            self._tokens[service] = response.headers.get("x-csrf-token", "")
        return {"X-CSRF-Token": self._tokens[service]}

    def _url(self, service: str, path: str) -> str:
        return f"{self.settings.service_root}/{service}/{path}"


def key_of(**names: str) -> str:
    """A compound key of OData: `A='1',B='2'`."""
    return ",".join(f"{name}={odata.text_literal(value)}" for name, value in names.items())
