"""Shopify's Admin REST API: orders, their fulfillments, inventory levels, locations.

Lists go by cursor (`Link: <…page_info=…>; rel="next"`): a next page takes only `page_info` and `limit`. An order is as
new as the newest of its fulfillments, which stand in it. The leaky bucket's clock is the wall's.
"""

from __future__ import annotations

import base64
import time
from datetime import datetime
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock_lab.systems.http import Handler, Lab, Refusal, answering, json_response, same, token
from crossdock_lab.systems.shopify import payloads
from crossdock_lab.world.catalogue import WAREHOUSES
from crossdock_lab.world.model import Warehouse

LIMIT, MOST = 50, 250
BUCKET, LEAK = 40, 20.0
"""Calls the bucket holds, and leaks a second: Shopify Plus's rate, or the demo would wait for its own shop."""


def refusal(status: int, text: str, headers: dict[str, str] | None = None) -> Refusal:
    """Shopify's error body."""
    return Refusal(status, text, {"errors": text}, headers)


def routes(lab: Lab) -> list[Route]:
    """The routes under /shop."""
    shop, root = Shop(lab), "/admin/api/{version}"
    paths: list[tuple[str, Handler]] = [
        (f"{root}/orders.json", shop.orders),
        (f"{root}/orders/{{order_id:int}}.json", shop.order),
        (f"{root}/orders/{{order_id:int}}/fulfillments.json", shop.fulfillments),
        (f"{root}/inventory_levels.json", shop.inventory_levels),
        (f"{root}/locations.json", shop.locations),
    ]
    reads = [Route(path, answering(shop.allowed(handler)), methods=["GET"]) for path, handler in paths]
    change = Route(f"{root}/orders/{{order_id:int}}.json", answering(shop.allowed(shop.change)), methods=["PUT"])
    path = f"{root}/fulfillments/{{fulfillment_id:int}}/update_tracking.json"
    return [*reads, change, Route(path, answering(shop.allowed(shop.update_tracking)), methods=["POST"])]


class Bucket:
    """The leaky bucket of one shop."""

    def __init__(self) -> None:
        self.level, self.at = 0.0, time.monotonic()

    def take(self) -> int:
        """Put one call in; how many stand in it now. Raises 429 when it is full."""
        now = time.monotonic()
        self.level, self.at = max(0.0, self.level - (now - self.at) * LEAK), now
        if self.level + 1 > BUCKET:
            limits = {"Retry-After": "2.0", "X-Shopify-Shop-Api-Call-Limit": f"{BUCKET}/{BUCKET}"}
            raise refusal(429, "Exceeded 2 calls per second for api client. Reduce request rates to resume.", limits)
        self.level += 1
        return int(self.level)


class Shop:
    """The endpoints."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.bucket = lab, Bucket()

    def allowed(self, handler: Handler) -> Handler:
        """Refuse callers without the access token, and those who call too often."""

        async def serve(request: Request) -> Response:
            given = request.headers.get("x-shopify-access-token") or token(request)
            if not same(given, self.lab.secrets["shop"]):
                raise refusal(401, "[API] Invalid API key or access token (unrecognized login or wrong password)")
            level = self.bucket.take()
            answer = await handler(request)
            answer.headers["X-Shopify-Shop-Api-Call-Limit"] = f"{level}/{BUCKET}"
            return answer

        return serve

    async def orders(self, request: Request) -> Response:
        query = _opened(request)
        limit = _limit(request, query)
        where, values = _order_conditions(query)
        rows = await self.lab.store.rows(_ORDERS.format(where=" and ".join(where)), [*values, limit + 1])
        page = [_whole(*row[1:4]) for row in rows[:limit]]
        headers = {}
        if len(rows) > limit:
            last = rows[limit - 1]
            headers["Link"] = _link(request, query | {"after": [last[4].isoformat(), last[0]]}, limit)
        if page and request.scope.get("lab.shift"):
            await self.lab.store.touch("shop", "orders", str(page[0]["id"]), await self.lab.now())
        return json_response({"orders": _cut(page, query)}, 200, headers)

    async def order(self, request: Request) -> Response:
        return json_response({"order": await self._one(request)})

    async def fulfillments(self, request: Request) -> Response:
        return json_response({"fulfillments": (await self._one(request))["fulfillments"]})

    async def _one(self, request: Request) -> dict:
        values = [str(request.path_params["order_id"]), 1]
        rows = await self.lab.store.rows(_ORDERS.format(where="o.object_id = %s"), values)
        if not rows:
            raise refusal(404, "Not Found")
        return _whole(*rows[0][1:4])

    async def change(self, request: Request) -> Response:
        """Tags, notes and note attributes can be changed, as in Shopify; subscribers hear of it."""
        object_id = str(request.path_params["order_id"])
        async with self.lab.writing("shop", request) as write:
            await write.lock(f"shop/orders/{object_id}")
            given = write.given.get("order") or {}
            changes = {name: given[name] for name in ("tags", "note", "note_attributes") if name in given}
            order = await self._one(request)
            stored = await self.lab.store.get("shop", "orders", object_id)
            promised = _promised(changes)
            if promised and promised != _promised(order):
                write.intervene(stored.order_id, "promise", {"promised_at": promised})
            await write.overlay("orders", object_id, changes)
            stamp = {"updated_at": payloads.moment(write.now)}
            await write.push("orders/updated", object_id, order | changes | stamp)
        return json_response({"order": await self._one(request)})

    async def update_tracking(self, request: Request) -> Response:
        """Give a fulfillment another tracking number and carrier."""
        object_id = str(request.path_params["fulfillment_id"])
        async with self.lab.writing("shop", request) as write:
            await write.lock(f"shop/fulfillments/{object_id}")
            stored = await self.lab.store.get("shop", "fulfillments", object_id)
            if stored is None:
                raise refusal(404, "Not Found")
            told = (write.given.get("fulfillment") or {}).get("tracking_info") or {}
            if not told.get("number"):
                raise refusal(422, "tracking_info.number is required")
            if stored.payload["status"] == "cancelled" and write.first is None:
                raise refusal(422, "Fulfillment is cancelled")
            changes = _parcel(told["number"]) | ({"tracking_company": told["company"]} if told.get("company") else {})
            await write.overlay("fulfillments", object_id, changes)
            stamp = {"updated_at": payloads.moment(write.now)}
            await write.push("fulfillments/update", object_id, stored.payload | changes | stamp)
        stored = await self.lab.store.get("shop", "fulfillments", object_id)
        return json_response({"fulfillment": stored.payload | {"updated_at": payloads.moment(stored.changed_at)}})

    async def inventory_levels(self, request: Request) -> Response:
        query = _opened(request)
        limit = _limit(request, query)
        where, values = _level_conditions(query)
        tail = f"order by object_id limit {limit + 1}"
        found = await self.lab.store.objects("shop", "inventory_levels", " and ".join(where), values, tail)
        headers = {}
        if len(found) > limit:
            headers["Link"] = _link(request, query | {"after": found[limit - 1].object_id}, limit)
        return json_response({"inventory_levels": [one.payload for one in found[:limit]]}, 200, headers)

    async def locations(self, request: Request) -> Response:
        return json_response({"locations": [location(place) for place in WAREHOUSES]})


_ORDERS = """
    select o.object_id, o.body || o.overlay, coalesce(f.bodies, '[]'::jsonb), s.changed_at, s.changed_at
    from lab.objects as o
    left join lateral (
        select jsonb_agg(t.body || t.overlay order by t.created_at, t.object_id) as bodies,
            max(t.changed_at) as changed_at
        from lab.objects as t
        where t.order_id = o.order_id and t.system = 'shop' and t.kind = 'fulfillments' and not t.deleted
    ) as f on true
    cross join lateral (select greatest(o.changed_at, f.changed_at) as changed_at) as s
    where o.system = 'shop' and o.kind = 'orders' and not o.deleted and {where}
    order by s.changed_at, o.object_id limit %s
"""


def _order_conditions(query: dict) -> tuple[list[str], list]:
    where, values = ["true"], []
    for name, column in (("updated_at", "s.changed_at"), ("created_at", "o.created_at")):
        for end, compare in (("min", ">="), ("max", "<=")):
            if given := query.get(f"{name}_{end}"):
                where.append(f"{column} {compare} %s")
                values.append(_moment(given))
    if "updated_at_min" in query:
        # The index knows change times of single objects: an order can only be newer than that through a fulfillment.
        where.append(
            "(o.changed_at >= %s or o.order_id in (select order_id from lab.objects"
            " where system = 'shop' and kind = 'fulfillments' and changed_at >= %s))"
        )
        values += [_moment(query["updated_at_min"])] * 2
    if (status := query.get("status", "open")) != "any":
        where.append(f"o.body->>'cancelled_at' is {'not null' if status == 'cancelled' else 'null'}")
    if query.get("ids"):
        where.append("o.object_id = any(%s)")
        values.append(str(query["ids"]).split(","))
    if query.get("after"):
        where.append("(s.changed_at, o.object_id) > (%s, %s)")
        values += [datetime.fromisoformat(query["after"][0]), query["after"][1]]
    return where, values


def _level_conditions(query: dict) -> tuple[list[str], list]:
    wanted = {name: query.get(name) for name in ("location_ids", "inventory_item_ids")}
    if not any(wanted.values()):
        raise refusal(422, "inventory_item_ids or location_ids is required")
    where, values = [], []
    for name, ids in wanted.items():
        if ids:
            where.append("body->>%s = any(%s)")
            values += [name.removesuffix("s"), str(ids).split(",")]
    if given := query.get("updated_at_min"):
        where.append("changed_at >= %s")
        values.append(_moment(given))
    if after := query.get("after"):
        where.append("object_id > %s")
        values.append(after)
    return where, values


def _promised(order: dict) -> str | None:
    """The delivery that the shop promises in an order's note attributes, as the lab writes moments."""
    attributes = order.get("note_attributes") or []
    said = [each["value"] for each in attributes if each["name"] == payloads.PROMISE]
    return payloads.moment(_moment(said[-1])) if said else None


def _parcel(number: str) -> dict:
    url = f"https://track.example.com/{number}"
    return {"tracking_number": number, "tracking_numbers": [number], "tracking_url": url, "tracking_urls": [url]}


def _whole(body: dict, fulfillments: list[dict], changed_at: datetime) -> dict:
    """An order with its fulfillments, as new as the newest of them."""
    return body | {"fulfillments": fulfillments, "updated_at": payloads.moment(changed_at)}


def _cut(orders: list[dict], query: dict) -> list[dict]:
    names = {name for name in str(query.get("fields") or "").split(",") if name}
    return [{k: v for k, v in order.items() if k in names} for order in orders] if names else orders


def _opened(request: Request) -> dict:
    """The query: what the cursor says, or the parameters of a first page. Both together is an error, as in Shopify."""
    given = dict(request.query_params)
    if "page_info" not in given:
        return given
    if set(given) - {"page_info", "limit", "fields"}:
        raise refusal(400, "Parameters other than limit and fields cannot be passed with page_info")
    try:
        return orjson.loads(base64.urlsafe_b64decode(given["page_info"]))
    except ValueError:
        raise refusal(400, "Invalid value for page_info") from None


def _limit(request: Request, query: dict) -> int:
    try:
        wanted = int(request.query_params.get("limit") or query.get("limit") or LIMIT)
    except ValueError:
        raise refusal(400, "limit is not a number") from None
    return max(1, min(wanted, MOST))


def _link(request: Request, query: dict, limit: int) -> str:
    info = base64.urlsafe_b64encode(orjson.dumps(query)).decode()
    url = f"{request.url.replace(query='')}?{urlencode({'limit': limit, 'page_info': info})}"
    return f'<{url}>; rel="next"'


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00").replace(" ", "+"))
    except ValueError:
        raise refusal(400, f"{text} is not a date-time") from None


def location(place: Warehouse) -> dict:
    """A location of the shop, with every field that Shopify shows."""
    return {
        "id": place.shop_location_id, "name": place.name, "deleted_at": None, "address1": None, "address2": None,
        "city": place.city, "zip": place.postal_code, "province": place.region, "country": "US", "phone": None,
        "created_at": "2020-01-01T00:00:00+00:00", "updated_at": "2020-01-01T00:00:00+00:00", "country_code": "US",
        "country_name": "United States", "province_code": place.region,
    }  # fmt: skip
