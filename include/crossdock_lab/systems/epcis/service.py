"""The warehouse's EPCIS 2.0 repository: `GET /events` by the GS1 REST bindings.

Pages go by recordTime: an event recorded late, with an early eventTime, still comes after what was read before.
"""

from __future__ import annotations

import base64
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_lab.systems.epcis import payloads
from crossdock_lab.systems.http import Lab, Refusal, answering, json_response, same, token
from crossdock_lab.systems.store import Stored

PER_PAGE, MOST = 30, 500
TIMES = {
    "GE_eventTime": "(body->>'eventTime')::timestamptz >= %s",
    "LT_eventTime": "(body->>'eventTime')::timestamptz < %s",
    "GE_recordTime": "changed_at >= %s and (body->>'recordTime')::timestamptz >= %s",
    "LT_recordTime": "(body->>'recordTime')::timestamptz < %s",
}
WORDS = {"EQ_bizStep": "bizStep", "EQ_disposition": "disposition", "EQ_action": "action", "eventType": "type"}


def refusal(status: int, kind: str, text: str, headers: dict[str, str] | None = None) -> Refusal:
    """A problem document, as the bindings have it."""
    problem = {"type": f"epcisException:{kind}", "title": text, "status": status}
    return Refusal(status, text, problem, headers)


def routes(lab: Lab) -> list[Route]:
    """The routes under /wms."""

    def allow(request: Request) -> None:
        if not same(token(request), lab.secrets["wms"]):
            raise refusal(401, "SecurityException", "Unauthorised", {"WWW-Authenticate": "Bearer"})

    async def events(request: Request) -> Response:
        allow(request)
        return await _events(lab, request)

    async def one(request: Request) -> Response:
        allow(request)
        stored = await lab.store.get("wms", "events", request.path_params["event_id"])
        if stored is None:
            raise refusal(404, "NoSuchResourceException", "No such event")
        return json_response(stored.payload | {"@context": payloads.CONTEXT})

    return [Route("/events", answering(events)), Route("/events/{event_id}", answering(one))]


async def _events(lab: Lab, request: Request) -> Response:
    query = dict(request.query_params)
    per_page = _per_page(query)
    where, values = _conditions(query)
    if after := query.pop("nextPageToken", ""):
        at, seq = _opened(after)
        where.append("(changed_at, seq) > (%s, %s)")
        values += [at, seq]
    tail = f"order by changed_at, seq limit {per_page + 1}"
    found = await lab.store.objects("wms", "events", " and ".join(where), values, tail)
    page = found[:per_page]
    headers = {"GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.0"}
    if len(found) > per_page:
        after = _sealed(page[-1])
        link = f"{request.url.replace(query='')}?{urlencode(query | {'perPage': per_page, 'nextPageToken': after})}"
        headers["Link"] = f'<{link}>; rel="next"'
    if page and request.scope.get("lab.shift"):
        await lab.store.touch("wms", "events", page[0].object_id, await lab.now())
    return json_response(payloads.query_document([one.payload for one in page], await lab.now()), 200, headers)


def _per_page(query: dict[str, str]) -> int:
    try:
        wanted = int(query.get("perPage", PER_PAGE))
    except ValueError:
        raise refusal(400, "QueryParameterException", "perPage is not a number") from None
    return max(1, min(wanted, MOST))


def _conditions(query: dict[str, str]) -> tuple[list[str], list]:
    where, values = [], []
    for name, value in query.items():
        if name in TIMES:
            where.append(TIMES[name])
            values += [_moment(name, value)] * TIMES[name].count("%s")
        elif name in WORDS:
            where.append("body->>%s = any(%s)")
            values += [WORDS[name], value.split("|")]
        elif name not in ("perPage", "nextPageToken"):
            raise refusal(400, "QueryParameterException", f"{name} is not supported")
    return where, values


def _moment(name: str, value: str) -> datetime:
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00").replace(" ", "+"))
    except ValueError:
        raise refusal(400, "QueryParameterException", f"{name}: {value} is not a date-time") from None


def _sealed(last: Stored) -> str:
    return base64.urlsafe_b64encode(f"{last.changed_at.isoformat()}|{last.seq}".encode()).decode()


def _opened(token: str) -> tuple[datetime, int]:
    try:
        at, _, seq = base64.urlsafe_b64decode(token).decode().partition("|")
        return datetime.fromisoformat(at), int(seq)
    except ValueError:
        raise refusal(400, "QueryParameterException", "nextPageToken is not one of ours") from None
