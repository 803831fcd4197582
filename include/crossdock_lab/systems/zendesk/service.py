"""Zendesk's API v2: tickets, the incremental cursor export, creating and changing a ticket.

The export goes by change, oldest first; `after_cursor` is where the next call goes on, and `end_of_stream` says that
there is no more for now. `Idempotency-Key` is honoured as documented: the same key gives the first answer again.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_lab.systems.http import Handler, Lab, Refusal, Write, answering, basic, json_response, same
from crossdock_lab.systems.store import Stored, insert, next_number
from crossdock_lab.systems.zendesk import payloads

LOGIN = "crossdock@example.com/token"
MOST = 1000
ORDER_ID = re.compile(r"[a-z0-9-]+/(?:sales_)?order/[\w-]+")
ORDER_NUMBER = re.compile(r"[Oo]rder:? *#?([\w-]*\d)")
CHANGEABLE = (
    "status",
    "priority",
    "subject",
    "external_id",
    "tags",
    "custom_fields",
    "assignee_id",
    "group_id",
    "type",
)


def refusal(status: int, kind: str, text: str) -> Refusal:
    """Zendesk's error body."""
    return Refusal(status, text, {"error": kind, "description": text})


def routes(lab: Lab) -> list[Route]:
    """The routes under /zendesk."""
    desk = Desk(lab)
    paths: list[tuple[str, Handler, str]] = [
        ("/api/v2/incremental/tickets/cursor.json", desk.export, "GET"),
        ("/api/v2/incremental/tickets/cursor", desk.export, "GET"),
        ("/api/v2/tickets.json", desk.tickets, "GET"),
        ("/api/v2/tickets", desk.tickets, "GET"),
        ("/api/v2/tickets.json", desk.create, "POST"),
        ("/api/v2/tickets", desk.create, "POST"),
        ("/api/v2/tickets/{ticket_id:int}.json", desk.ticket, "GET"),
        ("/api/v2/tickets/{ticket_id:int}", desk.ticket, "GET"),
        ("/api/v2/tickets/{ticket_id:int}/audits.json", desk.audits, "GET"),
        ("/api/v2/tickets/{ticket_id:int}.json", desk.change, "PUT"),
        ("/api/v2/tickets/{ticket_id:int}", desk.change, "PUT"),
    ]
    return [Route(path, answering(desk.allowed(handler)), methods=[method]) for path, handler, method in paths]


class Desk:
    """The endpoints."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def allowed(self, handler: Handler) -> Handler:
        """Refuse callers without the API token."""

        async def serve(request: Request) -> Response:
            login, password = basic(request)
            if not login.endswith("/token") or not same(password, self.lab.secrets["zendesk"]):
                raise refusal(401, "Couldn't authenticate you", "Couldn't authenticate you")
            return await handler(request)

        return serve

    async def export(self, request: Request) -> Response:
        query = request.query_params
        if not query.get("cursor") and not query.get("start_time"):
            raise refusal(400, "StartTimeMissing", "Missing start_time parameter")
        size = max(1, min(int(query.get("per_page") or MOST), MOST))
        if query.get("cursor"):
            where, values = "(changed_at, seq) > (%s, %s)", list(_opened(query["cursor"]))
        else:
            where, values = "changed_at >= %s", [datetime.fromtimestamp(float(query["start_time"]), UTC)]
        tail = f"order by changed_at, seq limit {size + 1}"
        found = await self.lab.store.objects("zendesk", "tickets", where, values, tail)
        page = found[:size]
        if page and request.scope.get("lab.shift"):
            await self.lab.store.touch("zendesk", "tickets", page[0].object_id, await self.lab.now())
        cursor = _sealed(page[-1]) if page else query.get("cursor")
        url = f"{request.url.replace(query='')}?cursor={cursor}" if cursor else None
        return json_response({
            "tickets": [shown(one) for one in page],
            "after_url": url, "before_url": None, "after_cursor": cursor, "before_cursor": None,
            "end_of_stream": len(found) <= size,
        })  # fmt: skip

    async def tickets(self, request: Request) -> Response:
        query = request.query_params
        where, values = ("body->>'external_id' = %s", [query["external_id"]]) if "external_id" in query else ("", [])
        found = await self.lab.store.objects(
            "zendesk", "tickets", where, values, "order by object_id::bigint limit 100"
        )
        listed = [shown(one) for one in found]
        return json_response({"tickets": listed, "next_page": None, "previous_page": None, "count": len(listed)})

    async def ticket(self, request: Request) -> Response:
        return json_response({"ticket": shown(await self._stored(str(request.path_params["ticket_id"])))})

    async def create(self, request: Request) -> Response:
        async with self.lab.writing("zendesk", request) as write:
            given = write.given.get("ticket") or {}
            if not (given.get("comment") or given.get("description")):
                raise refusal(422, "RecordInvalid", "Description: cannot be blank")
            order_id = await self._order_of(given)
            made = await write.insert("tickets", lambda number: _ticket(number, given, write.now), order_id)
            told = {"ticket_id": int(made), "subject": given.get("subject") or "", "tags": given.get("tags") or []}
            write.intervene(order_id, "ticket", told)
            await self._audit(write, made, given)
        lookup = {"x-idempotency-lookup": "hit" if write.first else "miss"} if write.key else {}
        return json_response({"ticket": shown(await self._stored(made))}, 201, lookup)

    async def _order_of(self, ticket: dict) -> str | None:
        """The order that a ticket speaks of: by its id, or as people write it (`Order 1000017`)."""
        said = f"{ticket.get('external_id')} {ticket.get('subject')} {(ticket.get('comment') or {}).get('body')}"
        rows = await self.lab.store.rows(
            """select order_id from lab.orders
               where order_id = any(%s) or number = any(%s) or split_part(order_id, '/', 3) = any(%s) limit 1""",
            [ORDER_ID.findall(said), ORDER_NUMBER.findall(said), ORDER_NUMBER.findall(said)],
        )
        return rows[0][0] if rows else None

    async def change(self, request: Request) -> Response:
        ticket_id = str(request.path_params["ticket_id"])
        async with self.lab.writing("zendesk", request) as write:
            await write.lock(f"zendesk/{ticket_id}")
            stored = await self._stored(ticket_id)
            if stored.payload["status"] == "closed":
                raise refusal(422, "RecordInvalid", "Status: closed prevents ticket update")
            given = write.given.get("ticket") or {}
            await write.overlay("tickets", ticket_id, {name: given[name] for name in CHANGEABLE if name in given})
            await self._audit(write, ticket_id, given)
        return json_response({"ticket": shown(await self._stored(ticket_id))})

    async def _audit(self, write: Write, ticket_id: str, given: dict) -> None:
        """Every change of a ticket leaves an audit, with the comment and the metadata that came with it."""
        if write.first is None:
            number = await next_number(write.connection)
            body = payloads.audit(number, int(ticket_id), given, write.now)
            await insert(write.connection, "zendesk", "audits", str(number), body, write.now)

    async def audits(self, request: Request) -> Response:
        ticket_id = request.path_params["ticket_id"]
        await self._stored(str(ticket_id))
        where = "body @> jsonb_build_object('ticket_id', %s::bigint)"
        found = await self.lab.store.objects("zendesk", "audits", where, [ticket_id])
        listed = [one.payload for one in found]
        return json_response({"audits": listed, "next_page": None, "previous_page": None, "count": len(listed)})

    async def _stored(self, ticket_id: str) -> Stored:
        stored = await self.lab.store.get("zendesk", "tickets", ticket_id)
        if stored is None:
            raise refusal(404, "RecordNotFound", "Not found")
        return stored


def shown(stored: Stored) -> dict:
    """A ticket with the time of its last change."""
    stamps = {
        "updated_at": payloads.moment(stored.changed_at),
        "generated_timestamp": int(stored.changed_at.timestamp()),
    }
    return stored.payload | stamps


def _ticket(number: int, given: dict, now: datetime) -> tuple[str, dict]:
    """A ticket that somebody outside opened."""
    ticket_id = 900_000_000 + number
    text = (given.get("comment") or {}).get("body") or given.get("description")
    body = payloads.fields(ticket_id, given.get("subject") or text[:80], text, now) | {
        name: given[name] for name in CHANGEABLE if name in given
    }
    return str(ticket_id), body


def _sealed(last: Stored) -> str:
    return base64.urlsafe_b64encode(f"{last.changed_at.isoformat()}|{last.seq}".encode()).decode().rstrip("=")


def _opened(cursor: str) -> tuple[datetime, int]:
    try:
        at, _, seq = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("|")
        return datetime.fromisoformat(at), int(seq)
    except ValueError:
        raise refusal(400, "InvalidValue", "cursor is invalid") from None
