"""The page of causes: what living cases and recent exceptions come from, what holds us up, how late the ERP posts."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

import psycopg

from crossdock.core.errors import Refused
from crossdock.desk import words
from crossdock.desk.filters import NOWHERE
from crossdock.desk.queries import ask

WINDOWS = {"1": "24 hours", "7": "7 days", "30": "30 days"}
USUAL = "7"
LEGS = {
    "order_entry": "Order taken → entered in the ERP",
    "goods_issue": "Goods left the warehouse → goods issue posted",
    "invoice": "Goods left the warehouse → invoice posted",
}


def window(asked: str) -> str:
    """The window an address asks for, in days. Raises Refused for another."""
    if asked not in WINDOWS:
        raise Refused(f"there is no window of {asked!r} days", hint=f"one of: {', '.join(WINDOWS)}")
    return asked


def page(connection: psycopg.Connection, days: str) -> dict:
    """{groups, found, obstacles, legs}: what templates/causes.html shows."""
    values = {"days": int(days)}
    return {
        "groups": _groups(ask(connection, "causes_open")),
        "found": [_found(row) for row in ask(connection, "causes_found", values)],
        "obstacles": [_obstacle(row) for row in ask(connection, "obstacles")],
        "legs": [_leg(row) for row in ask(connection, "postings", values)],
    }


def _groups(rows: list[dict]) -> list[dict]:
    """One group a cause, the rows of its origins in it; both in the order given."""
    groups: dict[str, dict] = {}
    for row in rows:
        made = groups.setdefault(
            row["cause_code"],
            {
                "cause": row["cause_code"], "title": row["title"], "acts": row["acts"], "sentence": row["sentence"],
                "cases": row["cause_cases_count"], "origins": [],
            },
        )  # fmt: skip
        made["origins"].append(_origin(row))
    return list(groups.values())


def _origin(row: dict) -> dict:
    return {
        "name": row["origin"] or "no place is named",
        "cases": row["cases_count"],
        "orders": row["orders_count"],
        "severe": row["severe_count"],
        "oldest": _age(row["oldest_since_at"], row["as_of"]),
        "address": urlencode({"queue": "all", "cause": row["cause_code"], "origin": row["origin"] or NOWHERE}),
    }


def _found(row: dict) -> dict:
    return {
        "title": row["title"],
        "found": row["found_count"],
        "orders": row["orders_count"],
        "open": row["open_count"],
        "oldest": _age(row["oldest_since_at"], row["as_of"]),
        "half_cleared": _span(row["half_cleared_within"]),
    }


def _obstacle(row: dict) -> dict:
    return {
        "title": row["title"],
        "origin": row["origin"],
        "acts": row["acts"],
        "things": row["things_count"],
        "orders": row["orders_count"],
        "lasted": _span(row["lasted"]),
    }


def _leg(row: dict) -> dict:
    half, nine_tenths, nearly_all = row["percentiles"] or (None, None, None)
    return {
        "title": LEGS[row["leg_code"]],
        "posted": row["posted_count"],
        "half": _span(half),
        "nine_tenths": _span(nine_tenths),
        "nearly_all": _span(nearly_all),
        "longest": _span(row["longest"]),
        "waiting": row["waiting_count"],
        "oldest_waiting": _age(row["oldest_waiting_at"], row["as_of"]),
    }


def _age(since: datetime | None, now: datetime) -> str:
    return words.span(now - since) if since else "–"


def _span(length: timedelta | None) -> str:
    """A length of time; one below zero says that the ERP was first."""
    if length is None:
        return "–"
    return f"{words.span(length)} before" if length < timedelta(minutes=-1) else words.span(length)
