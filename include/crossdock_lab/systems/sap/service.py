"""SAP Gateway as its callers see it: OData v2 collections, entities, CSRF tokens, ETags and writes.

What each service serves (sets, keys, links) is in `sets.py`; what an object looks like, in `payloads.py`.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_lab.systems.http import Lab, Write, answering, basic, json_response, same
from crossdock_lab.systems.sap import deliveries, functions, odata, payloads, sets, writes
from crossdock_lab.systems.sap.refusals import refusal
from crossdock_lab.systems.sap.sets import EntitySet, Row
from crossdock_lab.systems.store import CHILDREN, Stored, merged

LOGIN = "CROSSDOCK"
PAGE = 200
"""Rows a page at most: SAP cuts a longer list and says where it goes on."""
KEYED = re.compile(r"^(?P<set>\w+)\((?P<key>.*)\)$")
WRITES = ("PATCH", "MERGE", "PUT")


def routes(lab: Lab) -> list[Route]:
    """The routes under /sap."""
    gateway = Gateway(lab)
    methods = ["GET", "POST", *WRITES, "DELETE"]
    return [Route("/opu/odata/sap/{service}{rest:path}", answering(gateway.serve), methods=methods)]


class Gateway:
    """Leads a call to the service, the set and the entity that its path names."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.token = secrets.token_urlsafe(16)

    async def serve(self, request: Request) -> Response:
        login, password = basic(request)
        if login != LOGIN or not same(password, self.lab.secrets["sap"]):
            raise refusal(401, "401", "Logon failed", {"WWW-Authenticate": 'Basic realm="SAP NetWeaver [S4H/100]"'})
        try:
            answer = await self._answer(request)
        except odata.BadQuery as error:
            raise refusal(400, "005056A509B11EE1B9A8FEC11C21578E", str(error)) from None
        if request.headers.get("x-csrf-token", "").lower() == "fetch":
            answer.headers["x-csrf-token"] = self.token
            answer.set_cookie("SAP_SESSIONID_S4H_100", self.token, httponly=True)
        return answer

    async def _answer(self, request: Request) -> Response:
        service = request.path_params["service"].split(";")[0]
        if service not in sets.SERVICES:
            raise refusal(403, "/IWFND/MED/170", f"No service found for namespace '', name '{service}', version '0001'")
        rest = request.path_params["rest"].strip("/")
        if rest in ("", "$metadata"):
            return _document(service, rest)
        first, _, nav = rest.partition("/")
        keyed = KEYED.match(first)
        name = keyed["set"] if keyed else first
        function = sets.FUNCTIONS.get(service, {}).get(name)
        if name not in sets.SERVICES[service] and function is None:
            raise refusal(404, "/IWBEP/CM_MGW_RT/021", f"Resource not found for the segment '{name}'")
        call = Call(self.lab, request, service, sets.SERVICES[service][function[0] if function else name])
        if request.method == "GET" and not function:
            return await call.read(keyed["key"] if keyed else None, nav)
        if not same(request.headers.get("x-csrf-token", ""), self.token):
            raise refusal(403, "/IWFND/CM_COS/000", "CSRF token validation failed", {"x-csrf-token": "Required"})
        if function:
            return await call.run(name, *function[1:])
        return await call.write(keyed["key"] if keyed else None)


class Call:
    """One call on one entity set."""

    def __init__(self, lab: Lab, request: Request, service: str, entities: EntitySet) -> None:
        self.lab, self.request, self.service, self.set = lab, request, service, entities
        self.query = request.query_params
        prefix = f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"
        self.root = f"{prefix}/opu/odata/sap/{service}"

    async def read(self, key: str | None, nav: str) -> Response:
        if key is None:
            return await self._list()
        row = await self._one(key)
        if not nav:
            return json_response({"d": self._shaped(row)}, headers={"ETag": etag(row)})
        if nav not in self.set.navigation:
            raise refusal(404, "/IWBEP/CM_MGW_RT/021", f"Resource not found for the segment '{nav}'")
        child = Call(self.lab, self.request, self.service, sets.SERVICES[self.service][self.set.navigation[nav]])
        return json_response({"d": {"results": [child._shaped(item) for item in sets.children(row, nav)]}})

    async def write(self, key: str | None) -> Response:
        """Make, change or delete one entity. `POST` with `X-HTTP-Method: MERGE` is a change too, as old clients do."""
        method = self.request.headers.get("x-http-method", self.request.method).upper()
        async with self.lab.writing("sap", self.request) as write:
            if method == "POST" and key is None and self.set is sets.DELIVERY:
                made = await deliveries.create(self.lab, write)
            elif method == "DELETE" and key is not None and self.set is sets.DELIVERY:
                return await self._delete(write, key)
            elif method in WRITES and key is not None:
                await self._change(write, key)
                made = ""
            else:
                raise refusal(405, "/IWBEP/CM_MGW_RT/022", f"{method} on {self.set.name} is not allowed")
        if not made:
            return Response(status_code=204)
        row = await self._one(f"'{made}'")
        shaped = self._expanded(row, self.set, {"to_DeliveryDocumentItem"})
        return json_response({"d": shaped}, 201, {"ETag": etag(row)})

    async def run(self, name: str, parameter: str, is_conditional: bool) -> Response:
        """Call a function import; its parameters stand in the query, as in OData v2."""
        if self.request.method != "POST":
            raise refusal(405, "/IWBEP/CM_MGW_RT/022", f"{name} is called with POST")
        async with self.lab.writing("sap", self.request) as write:
            write.given |= dict(self.query)
            key = self.query.get(parameter, "")
            row, stored = await self._locked(write, key)
            if is_conditional:
                self._check_condition(row, repeated=write.first is not None)
            if write.first is None:
                said = await functions.FUNCTIONS[name](self.lab, write, row, stored)
            else:
                said = {"results": []}
                await write.amend(self.set.kind, stored.object_id, {})
        return json_response({"d": said})

    async def _locked(self, write: Write, key: str) -> tuple[Row, Stored]:
        """The entity that a write is about, kept from other writes."""
        object_id = self.set.id_of(_keys(key, self.set.keys))
        await write.lock(f"sap/{self.set.kind}/{object_id}")
        row = await self._one(key)
        return row, await self.lab.store.get("sap", self.set.kind, object_id)

    async def _delete(self, write: Write, key: str) -> Response:
        if write.first is not None:
            await write.delete(self.set.kind, self.set.id_of(_keys(key, self.set.keys)))
            return Response(status_code=204)
        row, _ = await self._locked(write, key)
        self._check_condition(row, repeated=False)
        await deliveries.delete(self.lab, write, row)
        return Response(status_code=204)

    async def _change(self, write: Write, key: str) -> None:
        row, stored = await self._locked(write, key)
        self._check_condition(row, repeated=write.first is not None)
        unknown = sorted(set(write.given) - set(self.set.properties))
        if unknown or self.set is sets.SCHEDULE_LINE:
            raise refusal(400, "/IWBEP/CM_MGW/003", f"{self.set.name} cannot take {', '.join(unknown) or 'changes'}")
        effect = writes.Effect()
        if write.first is None:
            change = writes.Change(self.lab.store, row, stored, payload(self.set, stored), write.given)
            effect = await writes.effect_of(self.set, change)
        over = dict(effect.header)
        if effect.items:
            told = {number: stored.children.get(number, {}) | changed for number, changed in effect.items.items()}
            over[CHILDREN] = stored.children | told
        await write.overlay(self.set.kind, stored.object_id, over)
        if effect.tracker_id:
            await write.adopt("easypost", "trackers", effect.tracker_id, stored.order_id)
        for kind, params in effect.interventions:
            write.intervene(stored.order_id, kind, params)

    def _check_condition(self, row: Row, *, repeated: bool) -> None:
        wanted = self.request.headers.get("if-match")
        if wanted is None:
            raise refusal(428, "/IWBEP/CM_MGW_RT/116", "The Data Services Request is required to be conditional")
        if wanted not in ("*", etag(row)) and not repeated:
            raise refusal(412, "/IWBEP/CM_MGW_RT/117", "The condition in If-Match is not met: the entity was changed")

    async def _one(self, key: str) -> Row:
        keys = _keys(key, self.set.keys)
        stored = await self.lab.store.get("sap", self.set.kind, self.set.id_of(keys))
        for row in self.set.rows_of(payload(self.set, stored)) if stored else []:
            if all(str(row[name]).lstrip("0") == value.lstrip("0") for name, value in keys.items()):
                return row
        raise refusal(404, "/IWBEP/CM_MGW_RT/020", f"Resource not found: {self.set.name}({key})")

    async def _list(self) -> Response:
        rows = await self._matching()
        top = int(self.query["$top"]) if "$top" in self.query else None
        skip, at = int(self.query.get("$skip", 0)), int(self.query.get("$skiptoken") or 0)
        chosen = rows[skip : None if top is None else skip + top]
        page = chosen[at : at + PAGE]
        answer: Row = {"results": [self._shaped(row) for row in page]}
        if self.query.get("$inlinecount") == "allpages":
            answer["__count"] = str(len(rows))
        if len(chosen) > at + PAGE:
            answer["__next"] = self._next(at + PAGE)
        if page and self.request.scope.get("lab.shift"):
            await self.lab.store.touch("sap", self.set.kind, self.set.object_id(page[0]), await self.lab.now())
        return json_response({"d": answer})

    def _next(self, at: int) -> str:
        others = [(name, value) for name, value in self.query.multi_items() if name != "$skiptoken"]
        query = urlencode([*others, ("$skiptoken", at)], safe="$", quote_via=quote)
        return f"{self.root}/{self.set.name}?{query}"

    async def _matching(self) -> list[Row]:
        """The rows that pass `$filter`, in the order of `$orderby`: all, or as many as a page by key needs."""
        text = self.query.get("$filter", "")
        test = odata.parse_filter(text) if text else None
        if (
            not set(self.query) & {"$skip", "$skiptoken", "$inlinecount"}
            and self.query.get("$orderby") == self.set.keys[0]
        ):
            return await self._by_key(test)
        rows = self._passing(test, await self.lab.store.objects("sap", self.set.kind, *self._narrowed(test)))
        return odata.ordered(rows, self.query.get("$orderby", ""))

    async def _by_key(self, test: odata.Test | None) -> list[Row]:
        """The first rows by key, a little more than a page: a long list is not read whole for each of its pages."""
        where, values = self._narrowed(test)
        rows: list[Row] = []
        after = ""
        while len(rows) <= PAGE:
            tail = f"order by object_id limit {2 * PAGE}"
            stored = await self.lab.store.objects(
                "sap", self.set.kind, f"{where} and object_id > %s", [*values, after], tail
            )
            rows += self._passing(test, stored)
            if len(stored) < 2 * PAGE:
                break
            after = stored[-1].object_id
        return odata.ordered(rows, self.query["$orderby"])

    def _passing(self, test: odata.Test | None, stored: list[Stored]) -> list[Row]:
        rows = [row for one in stored for row in self.set.rows_of(payload(self.set, one))]
        return [row for row in rows if test is None or test.of(row)]

    def _narrowed(self, test: odata.Test | None) -> tuple[str, list]:
        """What of the filter the database can do: it never leaves out an object that passes."""
        where, values = ["true"], []
        least = test.least if test else {}
        if isinstance(key := least.get(self.set.keys[0]), str):
            where.append("object_id >= %s")
            values.append(key)
        if isinstance(order := (test.exact if test else {}).get("ReferenceSDDocument"), str):
            where.append("order_id = (select order_id from lab.objects as o where (o.system, o.kind, o.object_id)"
                         " = ('sap', 'sales_orders', %s))")  # fmt: skip
            values.append(order.zfill(10))
        if isinstance(since := least.get("changed"), datetime):
            # A day property is a whole day, and the column holds moments: begin a day earlier.
            where.append("changed_at >= %s")
            values.append(since - timedelta(days=1))
        return " and ".join(where), values

    def _shaped(self, row: Row) -> Row:
        """`row` with its metadata, what `$expand` asks for, and links for the rest, cut to `$select`."""
        expand = {part.strip() for part in self.query.get("$expand", "").split(",") if part.strip()}
        return odata.selected(self._expanded(row, self.set, expand), self.query.get("$select", ""))

    def _expanded(self, row: Row, entities: EntitySet, expand: set[str]) -> Row:
        uri = self._uri(row, entities)
        out: Row = {"__metadata": {"id": uri, "uri": uri, "type": entities.type_name, "etag": etag(row)}}
        out |= {name: value for name, value in row.items() if name in entities.properties}
        for nav, target in entities.navigation.items():
            deeper = {path.removeprefix(nav).strip("/") for path in expand if path.split("/")[0] == nav}
            if deeper:
                child = sets.SERVICES[self.service][target]
                out[nav] = {"results": [self._expanded(item, child, deeper) for item in sets.children(row, nav)]}
            else:
                out[nav] = {"__deferred": {"uri": f"{uri}/{nav}"}}
        return out

    def _uri(self, row: Row, entities: EntitySet) -> str:
        named = ",".join(f"{name}='{quote(str(row[name]))}'" for name in entities.keys)
        only = f"'{quote(str(row[entities.keys[0]]))}'"
        return f"{self.root}/{entities.name}({named if len(entities.keys) > 1 else only})"


def payload(entities: EntitySet, stored: Stored) -> Row:
    """The object as SAP shows it, with what was written from outside and the time of its last change."""
    row = stored.payload
    stamps = {"LastChangeDate": odata.wire_date, "LastChangeDateTime": odata.wire_moment}
    row |= {name: stamp(stored.changed_at) for name, stamp in stamps.items() if name in row}
    for nav, key in (("to_Item", "SalesOrderItem"), ("to_DeliveryDocumentItem", "DeliveryDocumentItem")):
        if nav in row:
            row[nav] = {"results": merged(sets.children(row, nav), stored.children, key)}
    for item in sets.children(row, "to_Item"):
        item["to_PricingElement"] = {"results": payloads.pricing_elements(item)}
    return row


def etag(row: Row) -> str:
    """Changes with every change of the entity or of what hangs below it."""
    digest = hashlib.sha1(orjson.dumps(row, option=orjson.OPT_SORT_KEYS), usedforsecurity=False).digest()
    return f"W/\"'{base64.b32encode(digest[:10]).decode()}'\""


def _keys(text: str, names: tuple[str, ...]) -> dict[str, str]:
    """`'4712'` or `SalesOrder='4712',SalesOrderItem='10'`, as a mapping."""
    named = dict(re.findall(r"(\w+)='([^']*)'", text))
    return named or {names[0]: text.strip("'")}


def _document(service: str, rest: str) -> Response:
    if rest == "$metadata":
        return Response(sets.metadata(service), media_type="application/xml")
    return json_response({"d": {"EntitySets": list(sets.SERVICES[service])}})
