"""A local API of made-up orders, in pages, as shops give them: `python source.py PORT ORDERS`.

`GET /admin/api/2025-01/orders.json?page_info=N` answers `{"orders": [...]}` of 250 and the next page's link.
`POST /edit?every=N` edits every Nth order (0: none) among those served from then on; `POST /limit?orders=N` serves only
the first N. The pages are made once; serving them costs little and is not counted.
"""

from __future__ import annotations

import json
import random
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = 250
WORDS = ["pallet", "bracket", "valve", "gasket", "sensor", "panel", "hinge", "filter", "cable", "pump"]


def order(number: int) -> dict:
    """One order of 1-8 lines, about 1.5 kB."""
    chance = random.Random(number)
    lines = [
        {
            "id": number * 10 + i,
            "sku": f"SKU-{chance.randrange(10_000):05d}",
            "title": " ".join(chance.choices(WORDS, k=4)),
            "quantity": chance.randrange(1, 20),
            "price": f"{chance.randrange(100, 90_000) / 100:.2f}",
            "grams": chance.randrange(10, 9_000),
            "fulfillment_status": None,
        }
        for i in range(chance.randrange(1, 9))
    ]
    return {
        "id": number,
        "name": f"#{number}",
        "created_at": "2026-01-01T00:00:00+00:00",
        "updated_at": f"2026-01-{1 + number % 28:02d}T{number % 24:02d}:00:00+00:00",
        "currency": "EUR",
        "total_price": f"{sum(float(line['price']) * line['quantity'] for line in lines):.2f}",
        "email": f"buyer{number}@example.org",
        "note": " ".join(chance.choices(WORDS, k=30)),
        "tags": ",".join(chance.choices(WORDS, k=5)),
        "shipping_address": {
            "city": chance.choice(WORDS).title(),
            "country_code": "DE",
            "zip": f"{number % 100_000:05d}",
        },
        "line_items": lines,
    }


class Pages:
    """The pages, made once and edited on request."""

    def __init__(self, orders: int) -> None:
        self.orders = [order(1_000_000 + i) for i in range(orders)]
        self.limit = orders
        self.pages = [self._page(n) for n in range(-(-orders // PAGE))]

    def _page(self, n: int) -> bytes:
        return json.dumps({"orders": self.orders[n * PAGE : (n + 1) * PAGE]}).encode()

    def edit(self, every: int) -> None:
        for i in range(0, self.limit, every):
            self.orders[i] = self.orders[i] | {"note": f"edited {every}"}
        self.pages[: -(-self.limit // PAGE)] = [self._page(n) for n in range(-(-self.limit // PAGE))]


class Handler(BaseHTTPRequestHandler):
    """Serves `Pages` of the server."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        n = int(parse_qs(urlsplit(self.path).query).get("page_info", ["0"])[0])
        pages: Pages = self.server.pages
        body = pages.pages[n]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if (n + 1) * PAGE < pages.limit:
            where = f"http://127.0.0.1:{self.server.server_port}{urlsplit(self.path).path}?page_info={n + 1}"
            self.send_header("Link", f'<{where}>; rel="next"')
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        query = {k: int(v[0]) for k, v in parse_qs(urlsplit(self.path).query).items()}
        pages: Pages = self.server.pages
        if "orders" in query:
            pages.limit = query["orders"]
        if query.get("every"):
            pages.edit(query["every"])
        self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        return


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.pages = Pages(int(sys.argv[2]))
    print("ready", flush=True)
    server.serve_forever()
