"""SAP Gateway as its callers see it: OData v2 collections, entities, CSRF tokens, ETags and writes.

What each service serves (sets, keys, navigation) is in `sets.py`; what an object looks like, in `payloads.py`.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from datetime import timedelta
from urllib.parse import quote, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_lab.systems.http import Gone, Lab, basic_auth, body_of, json_response
from crossdock_lab.systems.sap import odata, sets
from crossdock_lab.systems.sap.sets import EntitySet, Row

PAGE = 200
"""Rows a page at most: SAP cuts a longer list and says where it goes on."""
KEYED = re.compile(r"^(?P<set>\w+)\((?P<key>.*)\)$")


class SapError(Exception):
    """An answer with SAP's error body."""

    def __init__(self, status: int, code: str, text: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.headers = status, code, text, headers or {}


def routes(lab: Lab) -> list[Route]:
    """The routes under /sap."""
    gateway = Gateway(lab)
    methods = ["GET", "HEAD", "POST", "PATCH", "MERGE", "PUT", "DELETE"]
    return [Route("/opu/odata/sap/{service}{rest:path}", gateway.serve, methods=methods)]


class Gateway:
    """Routes a call to the service, the set and the entity that its path names."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.token = secrets.token_urlsafe(16)

    async def serve(self, request: Request) -> Response:
        login, password = await self.lab.login("sap_main")
        if not basic_auth(request, login, password):
            return Response("Unauthorized", 401, {"WWW-Authenticate": 'Basic realm="SAP NetWeaver [S4H/100]"'})
        try:
            answer = await self._answer(request)
        except SapError as error:
            return _error(error.status, error.code, error.text, error.headers)
        except odata.BadQuery as error:
            return _error(400, "005056A509B11EE1B9A8FEC11C21578E", str(error))
        except Gone as error:
            return _error(404, "/IWBEP/CM_MGW_RT/020", str(error))
        if request.headers.get("x-csrf-token", "").lower() == "fetch":
            answer.headers["x-csrf-token"] = self.token
            answer.set_cookie("SAP_SESSIONID_S4H_100", self.token, httponly=True)
        return answer

    async def _answer(self, request: Request) -> Response:
        service = request.path_params["service"].split(";")[0]
        if service not in sets.SERVICES:
            raise SapError(
                403, "/IWFND/MED/170", f"No service found for namespace '', name '{service}', version '0001'"
            )
        rest = request.path_params["rest"].strip("/")
        if rest in ("", "$metadata"):
            return _document(service, rest)
        first, _, nav = rest.partition("/")
        keyed = KEYED.match(first)
        name = keyed["set"] if keyed else first
        if name not in sets.SERVICES[service]:
            raise SapError(404, "/IWBEP/CM_MGW_RT/021", f"Resource not found for the segment '{name}'")
        call = Call(self.lab, request, service, sets.SERVICES[service][name])
        if request.method in ("GET", "HEAD"):
            return await call.read(keyed["key"] if keyed else None, nav)
        if request.headers.get("x-csrf-token") != self.token:
            raise SapError(403, "/IWFND/CM_COS/000", "CSRF token validation failed", {"x-csrf-token": "Required"})
        return await call.write(keyed["key"] if keyed else None)


class Call:
    """One call on one entity set."""

    def __init__(self, lab: Lab, request: Request, service: str, entities: EntitySet) -> None:
        self.lab, self.request, self.service, self.set = lab, request, service, entities
        self.query = request.query_params
        self.root = (
            f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}/opu/odata/sap/{service}"
        )

    async def read(self, key: str | None, nav: str) -> Response:
        if key is None:
            return await self._list()
        row = await self._one(key)
        if not nav:
            return json_response({"d": self._shaped(row)}, headers={"ETag": etag(row)})
        target = self.set.navigation.get(nav)
        if target is None:
            raise SapError(404, "/IWBEP/CM_MGW_RT/021", f"Resource not found for the segment '{nav}'")
        child = sets.SERVICES[self.service][target]
        rows = [Call(self.lab, self.request, self.service, child)._shaped(item) for item in sets.children(row, nav)]
        return json_response({"d": {"results": rows}})

    async def write(self, key: str | None) -> Response:
        given = await body_of(self.request)
        if key is None:
            return await self._create(given)
        row = await self._one(key)
        self._check_match(row)
        if self.request.method == "DELETE":
            raise SapError(405, "/IWBEP/CM_MGW_RT/022", f"Deletion of {self.set.name} is not allowed")
        unknown = sorted(set(given) - set(self.set.properties) - set(self.set.navigation) - {"__metadata"})
        if unknown:
            raise SapError(400, "/IWBEP/CM_MGW/003", f"Property {unknown[0]} is not defined in {self.set.name}")
        await self.lab.write(
            "sap-main", self.request, f"{self.set.name}.update", self.set.object_id(row), given,
            change={"set": self.set.name, "kind": self.set.kind, "key": self.set.keys_of(row)},
        )  # fmt: skip
        return Response(status_code=204)

    async def _create(self, given: dict) -> Response:
        if not self.set.creatable:
            raise SapError(405, "/IWBEP/CM_MGW_RT/022", f"Creation of {self.set.name} is not allowed")
        made = await self.lab.write("sap-main", self.request, f"{self.set.name}.create", "", given,
                                    change={"set": self.set.name, "kind": self.set.kind, "key": {}})  # fmt: skip
        row = self.set.rows_of(made)[0]
        return json_response({"d": self._shaped(row)}, 201, {"Location": self._uri(row), "ETag": etag(row)})

    def _check_match(self, row: Row) -> None:
        wanted = self.request.headers.get("if-match")
        if wanted is None:
            raise SapError(428, "/IWBEP/CM_MGW_RT/116", "The Data Services Request is required to be conditional")
        if wanted not in ("*", etag(row)):
            raise SapError(412, "/IWBEP/CM_MGW_RT/117", "The condition in If-Match is not met: the entity was changed")

    async def _one(self, key: str) -> Row:
        keys = _keys(key, self.set.keys)
        payload = await self.lab.store.get("sap-main", self.set.kind, self.set.id_of(keys))
        for row in self.set.rows_of(payload) if payload else []:
            if all(str(row[name]).lstrip("0") == value.lstrip("0") for name, value in keys.items()):
                return row
        raise SapError(404, "/IWBEP/CM_MGW_RT/020", f"Resource not found: {self.set.name}({key})")

    async def _list(self) -> Response:
        rows = await self._matching()
        total, skip = len(rows), int(self.query.get("$skip", 0))
        at = int(self.query.get("$skiptoken", 0) or 0)
        top = int(self.query["$top"]) if "$top" in self.query else None
        rows = rows[skip : None if top is None else skip + top]
        page, d = rows[at : at + PAGE], {}
        d["results"] = [self._shaped(row) for row in page]
        if "$inlinecount" in self.query and self.query["$inlinecount"] == "allpages":
            d["__count"] = str(total)
        if len(rows) > at + PAGE:
            others = [(k, v) for k, v in self.query.multi_items() if k != "$skiptoken"]
            d["__next"] = (
                f"{self.root}/{self.set.name}?{urlencode([*others, ('$skiptoken', at + PAGE)], safe='$', quote_via=quote)}"
            )
        if page and self.request.scope.get("lab.shift"):
            await self.lab.store.touch("sap-main", self.set.kind, self.set.object_id(page[0]), self.lab.now())
        return json_response({"d": d})

    async def _matching(self) -> list[Row]:
        text = self.query.get("$filter", "")
        since = odata.lower_bound(text, self.set.changed) if text and self.set.changed else None
        # A day property is a whole day: the index holds moments.
        since = since - timedelta(days=1) if since else None
        payloads = await self.lab.store.all("sap-main", self.set.kind, since=since)
        rows = [row for payload in payloads for row in self.set.rows_of(payload)]
        if text:
            test = odata.parse_filter(text)
            rows = [row for row in rows if test(row)]
        return odata.ordered(rows, self.query.get("$orderby", ""))

    def _shaped(self, row: Row) -> Row:
        """`row` with its metadata, what `$expand` asks for, and links for the rest, cut to `$select`."""
        expand = {part.strip() for part in self.query.get("$expand", "").split(",") if part.strip()}
        return odata.selected(self._expanded(row, self.set, expand), self.query.get("$select", ""))

    def _expanded(self, row: Row, entities: EntitySet, expand: set[str]) -> Row:
        uri = self._uri(row, entities)
        out: Row = {"__metadata": {"id": uri, "uri": uri, "type": entities.type_name, "etag": etag(row)}}
        out |= {name: value for name, value in row.items() if name in entities.properties}
        for nav, target in entities.navigation.items():
            if not any(path == nav or path.startswith(f"{nav}/") for path in expand):
                out[nav] = {"__deferred": {"uri": f"{uri}/{nav}"}}
                continue
            deeper = {path.removeprefix(f"{nav}/") for path in expand if path.startswith(f"{nav}/")}
            child = sets.SERVICES[self.service][target]
            out[nav] = {"results": [self._expanded(item, child, deeper) for item in sets.children(row, nav)]}
        return out

    def _uri(self, row: Row, entities: EntitySet | None = None) -> str:
        entities = entities or self.set
        keys = ",".join(f"{name}='{quote(str(row[name]))}'" for name in entities.keys)
        one = f"'{quote(str(row[entities.keys[0]]))}'"
        return f"{self.root}/{entities.name}({keys if len(entities.keys) > 1 else one})"


def etag(row: Row) -> str:
    """Changes with every change of the entity or of what hangs below it."""
    digest = hashlib.sha1(orjson.dumps(row, option=orjson.OPT_SORT_KEYS), usedforsecurity=False).digest()
    return f"W/\"'{base64.b32encode(digest[:10]).decode()}'\""


def _keys(text: str, names: tuple[str, ...]) -> dict[str, str]:
    """`'4712'` or `SalesOrder='4712',SalesOrderItem='10'`, as a mapping."""
    named = re.findall(r"(\w+)='([^']*)'", text)
    if named:
        return dict(named)
    return {names[0]: text.strip("'")}


def _document(service: str, rest: str) -> Response:
    if rest == "$metadata":
        return Response(sets.metadata(service), media_type="application/xml")
    return json_response({"d": {"EntitySets": list(sets.SERVICES[service])}})


def _error(status: int, code: str, text: str, headers: dict[str, str] | None = None) -> Response:
    body = {"error": {"code": code, "message": {"lang": "en", "value": text}, "innererror": {"errordetails": []}}}
    return json_response(body, status, headers or {})
