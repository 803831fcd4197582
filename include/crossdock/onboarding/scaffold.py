"""A first draft of a partner folder, guessed from its sample files; every guess is said, none is hidden."""

from __future__ import annotations

import csv
import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from pathlib import Path

import yaml

from crossdock.connectors.standard.layout import columns, needed
from crossdock.core.errors import Misconfigured, Unparsable
from crossdock.onboarding.folder import WAITS

FEEDS = ("orders", "order_lines", "milestones", "charges")
TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y", "%Y%m%d",
)  # fmt: skip
NULLS = ("NULL", "null", "N/A", "n/a", "NA", "-", "\\N", "None")
HINTS = {
    "order_ref": "order order_id order_number order_no po_number purchase_order",
    "ordered_at": "purchase_timestamp ordered_at order_date created_at purchase_date",
    "promised_at": "estimated_delivery_date promised promise_date requested_delivery due_date",
    "cancelled_at": "cancelled_at canceled_at cancel_date",
    "status": "order_status status state",
    "customer_ref": "customer_id customer customer_number client",
    "ship_to_region": "customer_state region state_code province",
    "currency_code": "currency currency_code",
    "total_amount": "total total_amount order_total grand_total",
    "line_number": "order_item_id line_number line item_no position",
    "sku": "product_id sku item item_number article material",
    "uom_code": "uom unit unit_of_measure",
    "warehouse_code": "seller_id warehouse location ship_from plant",
    "ordered_qty": "quantity qty ordered_qty amount_ordered",
    "unit_price_amount": "price unit_price net_price",
    "freight_amount": "freight freight_value shipping_cost",
    "handover_due_at": "shipping_limit_date ship_by handover_due latest_ship_date",
    "milestone": "milestone event event_code status",
    "occurred_at": "occurred_at event_time timestamp",
    "tracking_number": "tracking_number tracking",
    "carrier_code": "carrier carrier_code",
    "charge_ref": "payment_sequential charge_number invoice_number payment_id",
    "amount": "payment_value amount paid value",
    "kind": "charge_kind",
    "charged_at": "charged_at paid_at invoice_date",
}
NAMES = {
    "orders": "orders order header",
    "order_lines": "order_items order_lines lines items positions",
    "milestones": "milestones events tracking history",
    "charges": "payments charges invoices billing",
}


@dataclass(frozen=True)
class Sample:
    """A file, its dialect and the rows of its first megabytes."""

    path: Path
    delimiter: str
    header: list[str]
    rows: list[list[str]]

    def values(self, column: str) -> list[str]:
        """What stands in a column, without what is empty."""
        place = self.header.index(column)
        return [row[place] for row in self.rows if len(row) == len(self.header) and row[place].strip()]


def scaffold(folder: Path, samples: list[Path], *, zone: str = "UTC", owner: str = "order-management") -> list[str]:
    """Write a draft of a partner folder; returns what was guessed, a sentence a line.

    Raises Misconfigured when the folder holds a partner already, Unparsable when a sample is no CSV with a header.
    """
    if (folder / "partner.yaml").exists():
        raise Misconfigured(f"{folder} holds a partner already", hint="choose another folder, or edit its partner.yaml")
    name = re.sub(r"[^a-z0-9-]+", "-", folder.name.lower()).strip("-")
    said, feeds = [], {}
    for sample in map(_read, samples):
        for feed, mapping, words in _guess(sample):
            if feed in feeds:
                said.append(
                    f"{sample.path.name}: looks like {feed} too, which {feeds[feed]['files']} gives already: left out"
                )
                continue
            feeds[feed] = {"mode": "file", "every": "60s", "files": _pattern(sample.path), "mapping": mapping}
            said += [f"{sample.path.name} -> {feed}: {word}" for word in words]
            _keep(sample, folder / "samples" / feed / "good")
    partner = {
        "partner": name, "name": folder.name, "system_type": "standard", "role": "other",
        "connection": name.replace("-", "_"), "time_zone": zone, "owner": owner, "feeds": feeds,
    }  # fmt: skip
    (folder / "partner.yaml").write_text(yaml.safe_dump(partner, sort_keys=False, allow_unicode=True, width=110))
    said += _draft_codes(folder, feeds, samples)
    return said


def _read(path: Path) -> Sample:
    text = path.read_text(encoding="utf-8-sig")[:2_000_000]
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t|", key=first.count)
    if not first.count(delimiter):
        raise Unparsable(f"{path} has no header of several columns", hint="give CSV files with a header line")
    lines = list(csv.reader(text.splitlines()[:50_001], delimiter=delimiter))
    return Sample(path, delimiter, [name.strip() for name in lines[0]], lines[1:])


def _pattern(path: Path) -> str:
    """The file's name with its digits left open: `orders_20260301.csv` is `orders_*.csv`."""
    return re.sub(r"\d+", "*", path.stem) + ("" if path.stem[-1:].isdigit() else "*") + path.suffix


def _keep(sample: Sample, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(sample.path, folder / sample.path.name)


def _likeness(words: str, column: str) -> float:
    column = column.lower()
    return max(1.0 if word == column else SequenceMatcher(None, word, column).ratio() for word in words.split())


def _match(feed: str, sample: Sample) -> dict[str, str]:
    """Field to column, the surest first; a column serves one field."""
    scored = sorted(
        (
            (_likeness(f"{field} {HINTS.get(field, '')}", column), field, column)
            for field in columns(feed)
            for column in sample.header
        ),
        reverse=True,
    )
    found: dict[str, str] = {}
    for score, field, column in scored:
        if score >= 0.75 and field not in found and column not in found.values():
            found[field] = column
    return {field: found[field] for field in columns(feed) if field in found}


def _time_format(sample: Sample, column: str) -> str | None:
    values = [value for value in sample.values(column) if value not in NULLS][:200]
    return next((form for form in TIME_FORMATS if values and all(_fits(value, form) for value in values)), None)


def _fits(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form)  # noqa: DTZ007 - only whether it fits
    except ValueError:
        return False
    return True


def _guess(sample: Sample) -> list[tuple[str, dict, list[str]]]:
    """The feeds that a file may serve: the one it looks like most, and milestones where an order has several times."""
    times = {column: form for column in sample.header if (form := _time_format(sample, column))}
    parts = _name_parts(sample.path)
    named = max(NAMES, key=lambda feed: max((_likeness(NAMES[feed], part), len(part)) for part in parts))
    fields = _match(named, sample)
    guesses = [(named, *_mapping(named, sample, fields, times))]
    if named == "orders":
        left = [column for column in times if column not in fields.values()]
        if left and "order_ref" in fields:
            guesses.append(("milestones", *_milestones(sample, fields["order_ref"], left, times)))
    return guesses


def _name_parts(path: Path) -> list[str]:
    words = [word for word in re.split(r"[^a-z]+", path.stem.lower()) if word not in ("", "dataset", "export", "data")]
    return ["_".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)] or [
        "orders"
    ]


def _entry(column: str, times: dict[str, str]) -> object:
    return {"column": column, "time": times[column]} if column in times else column


def _base(sample: Sample) -> dict:
    seen = {value for row in sample.rows for value in row}
    nulls = [token for token in NULLS if token in seen]
    mapping = {"null_tokens": nulls} if nulls else {}
    return mapping | ({"delimiter": sample.delimiter} if sample.delimiter != "," else {})


def _mapping(feed: str, sample: Sample, fields: dict[str, str], times: dict[str, str]) -> tuple[dict, list[str]]:
    mapped = {field: _entry(column, times) for field, column in fields.items()}
    words = [
        f"{column} is {field}{f', as {times[column]}' if column in times else ''}" for field, column in fields.items()
    ]
    for field in needed(feed):
        if field not in mapped:
            mapped[field] = {"constant": 1 if field.endswith("_qty") else "?"}
            words.append(f"no column looks like {field}, which is needed: it is a constant now, mend it")
    unused = [column for column in sample.header if column not in fields.values()]
    words += [f"columns not used: {', '.join(unused)}"] if unused else []
    return _base(sample) | {"records": [{"fields": mapped}]}, words


def _milestones(sample: Sample, order: str, left: list[str], times: dict[str, str]) -> tuple[dict, list[str]]:
    records = [
        {
            "when": column,
            "fields": {"order_ref": order, "milestone": {"constant": column}, "occurred_at": _entry(column, times)},
        }
        for column in left
    ]
    return _base(sample) | {"records": records}, [f"{column} is a milestone of its own" for column in left]


def _draft_codes(folder: Path, feeds: dict, samples: list[Path]) -> list[str]:
    """A code map with every status word of the samples, ours to be filled in."""
    rows = []
    for feed, kind, field in (("orders", "order_status", "status"), ("milestones", "milestone", "milestone")):
        for record in feeds.get(feed, {}).get("mapping", {}).get("records", []):
            entry = record["fields"].get(field)
            if isinstance(entry, str):
                found = next(s for s in map(_read, samples) if entry in s.header)
                rows += [(kind, value, WAITS) for value in sorted(set(found.values(entry)))]
            elif entry:
                rows.append((kind, entry["constant"], WAITS))
    with (folder / "code_maps.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("kind", "their_code", "our_code"), *rows])
    return [f"code_maps.csv: {len(rows)} codes wait for ours (?)"] if rows else []
