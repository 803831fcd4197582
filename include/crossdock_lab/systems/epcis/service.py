"""The warehouse's EPCIS 2.0 repository: `GET /events` and `POST /capture` by the GS1 REST bindings.

Pages go by recordTime: an event recorded late, with an early eventTime, still comes after what was read before.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_lab.systems.epcis import capture, payloads
from crossdock_lab.systems.epcis.refusals import refusal
from crossdock_lab.systems.http import Lab, answering, json_response, same, token
from crossdock_lab.systems.store import Stored

PER_PAGE, MOST = 30, 500
VERSIONS = {"GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.0"}
PAPERS = "EQ_bizTransaction_"
"""What a query for events by a document begins with; the document's type follows."""
TIMES = {
    "GE_eventTime": "(body->>'eventTime')::timestamptz >= %s",
    "LT_eventTime": "(body->>'eventTime')::timestamptz < %s",
    "GE_recordTime": "changed_at >= %s and (body->>'recordTime')::timestamptz >= %s",
    "LT_recordTime": "(body->>'recordTime')::timestamptz < %s",
}
WORDS = {"EQ_bizStep": "bizStep", "EQ_disposition": "disposition", "EQ_action": "action", "eventType": "type"}


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

    async def take(request: Request) -> Response:
        allow(request)
        async with lab.writing("wms", request) as write:
            job = await capture.capture(lab, write)
        return Response(status_code=202, headers=VERSIONS | {"Location": f"{request.url.replace(query='')}/{job}"})

    async def job(request: Request) -> Response:
        allow(request)
        stored = await lab.store.get("wms", "captures", request.path_params["capture_id"])
        if stored is None:
            raise refusal(404, "NoSuchResourceException", "No such capture job")
        return json_response(stored.payload, 200, VERSIONS)

    return [
        Route("/events", answering(events)),
        Route("/events/{event_id}", answering(one)),
        Route("/capture", answering(take), methods=["POST"]),
        Route("/capture/{capture_id}", answering(job)),
    ]


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
    headers = dict(VERSIONS)
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
        elif name.startswith(PAPERS):
            papers = [{"type": name.removeprefix(PAPERS), "bizTransaction": each} for each in value.split("|")]
            where.append("body->'bizTransactionList' @> any(%s::jsonb[])")
            values.append([json.dumps([paper]) for paper in papers])
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
