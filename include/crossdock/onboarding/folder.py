"""A partner folder: what `partner.yaml` may say. Data only; no secret and no host, they live in the connection."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from crossdock.connectors.standard.mapping import Mapping, known_zone
from crossdock.core.durations import duration
from crossdock.core.errors import Misconfigured

CODE_MAP_COLUMNS = ("kind", "their_code", "our_code")
WAITS = "?"
"""Our code, where a scaffold has found theirs and a person must say what it means."""
FORBIDDEN = re.compile(r"pass(word|wd)?$|secret$|token$|api_?key$|^hosts?$", re.I)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FeedFolder(_Strict):
    """One feed of a partner."""

    type: str | None = None
    contract: str = Field(default="v1", pattern=r"^v\d+$")
    mode: Literal["poll", "snapshot", "push", "file"] = "poll"
    every: str = "60s"
    latency_class: Literal["seconds", "minutes", "hours", "daily"] = "minutes"
    files: str | None = None
    mapping: Mapping | None = None
    settings: dict[str, Any] = Field(default_factory=dict)

    @field_validator("every")
    @classmethod
    def _is_duration(cls, every: str) -> str:
        duration(every, "60s")
        return every

    @property
    def interval(self) -> timedelta:
        return duration(self.every, "60s")


class CodeRow(_Strict):
    """One row of `code_maps.csv`."""

    system_type: str
    kind: str
    their_code: str
    our_code: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None


class Partner(_Strict):
    """One partner. `folder` is where it was read from."""

    partner: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    name: str
    system_type: str
    role: str
    connection: str = ""
    time_zone: str = "UTC"
    criticality: Literal["critical", "high", "normal", "low"] = "normal"
    owner: str
    settings: dict[str, Any] = Field(default_factory=dict)
    feeds: dict[str, FeedFolder]
    code_maps: str = "code_maps.csv"
    folder: Path = Path()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        return known_zone(zone)

    @model_validator(mode="after")
    def _no_secret(self) -> Partner:
        for key in _keys(self.settings):
            if FORBIDDEN.search(key):
                raise ValueError(f"settings.{key}: secrets and hosts belong into the connection, never into the folder")
        return self

    def feed_type(self, feed: str) -> str:
        """As in `sap_s4.sales_orders`; a feed may be called otherwise than its type."""
        given = self.feeds[feed].type or feed
        return given if "." in given else f"{self.system_type}.{given}"

    def contract(self, feed: str) -> str:
        """As in `sap_s4/sales_orders.v1`."""
        return f"{self.feed_type(feed).replace('.', '/')}.{self.feeds[feed].contract}"

    def feed_settings(self, feed: str) -> dict[str, Any]:
        """What the connector needs to know: the feed's settings, its files and its mapping."""
        given = self.feeds[feed]
        settings = {**given.settings, "every_seconds": int(given.interval.total_seconds())}
        if given.files:
            settings["files"] = {self.feed_type(feed).split(".", 1)[1]: given.files}
        if given.mapping:
            zone = given.mapping.zone or self.time_zone
            settings["mapping"] = given.mapping.model_dump(exclude_defaults=True) | {"zone": zone}
        return settings

    def codes(self) -> list[CodeRow]:
        """The rows of its code maps. Raises Misconfigured, naming the line, where one is wrong."""
        return [row for row in self._drafted() if row.our_code != WAITS]

    def waiting(self) -> list[CodeRow]:
        """The rows whose own code nobody has filled in yet; to the platform they are unmapped."""
        return [row for row in self._drafted() if row.our_code == WAITS]

    def _drafted(self) -> list[CodeRow]:
        path = self.folder / self.code_maps
        return read_codes(path, self.system_type) if path.is_file() else []


def _keys(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*map(str, value), *(key for inner in value.values() for key in _keys(inner))]
    return []


def _time(text: str) -> datetime | None:
    if not text.strip():
        return None
    at = datetime.fromisoformat(text.strip())
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def read_codes(path: Path, system_type: str) -> list[CodeRow]:
    """Rows `[system_type,]kind,their_code,our_code[,valid_from,valid_to]`; times without a zone are UTC."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = [name for name in CODE_MAP_COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise Misconfigured(
                f"{path} has no column {', '.join(missing)}", hint="its first line must name the columns"
            )
        rows = []
        for row in reader:
            try:
                rows.append(_code_row(row, system_type))
            except (ValueError, ValidationError) as error:
                raise Misconfigured(f"{path}, line {reader.line_num}: {error}", hint="mend the line") from None
    return rows


def _code_row(row: dict[str, str | None], system_type: str) -> CodeRow:
    given = {key: (value or "").strip() for key, value in row.items() if key}
    for name in CODE_MAP_COLUMNS:
        if not given[name]:
            raise ValueError(f"{name} is empty")
    return CodeRow(
        system_type=given.get("system_type") or system_type,
        kind=given["kind"],
        their_code=given["their_code"],
        our_code=given["our_code"],
        valid_from=_time(given.get("valid_from", "")),
        valid_to=_time(given.get("valid_to", "")),
    )


def read(folder: Path) -> Partner:
    """The partner in `folder`. Raises Misconfigured, naming the place, where it is none."""
    path = folder / "partner.yaml"
    if not path.is_file():
        raise Misconfigured(f"{folder} has no partner.yaml", hint="scaffold one with `crossdock partner new`")
    code = [str(found.relative_to(folder)) for suffix in ("*.py", "*.sql") for found in folder.rglob(suffix)]
    if code:
        raise Misconfigured(
            f"{folder} contains code: {', '.join(code)}", hint="a partner is data only; code goes into a connector"
        )
    try:
        return Partner.model_validate({**yaml.safe_load(path.read_text()), "folder": folder})
    except (yaml.YAMLError, TypeError) as error:
        raise Misconfigured(f"{path} is not YAML: {error}", hint="mend the file, then run again") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the partner"
        raise Misconfigured(f"{path}: {where}: {first['msg']}", hint="mend the file, then run again") from None


def find(paths: list[Path]) -> list[Partner]:
    """Every partner in these folders, each being a partner folder or a folder of them; by id."""
    partners: dict[str, Partner] = {}
    for path in paths:
        if not path.is_dir():
            raise Misconfigured(f"{path} is no folder", hint="name a partner folder, or a folder of partner folders")
        inner = [path] if (path / "partner.yaml").is_file() else sorted(p.parent for p in path.glob("*/partner.yaml"))
        for folder in inner:
            partner = read(folder)
            if partner.partner in partners:
                raise Misconfigured(
                    f"two folders are partner {partner.partner}: {partners[partner.partner].folder} and {folder}",
                    hint="give one of them another id",
                )
            partners[partner.partner] = partner
    return [partners[name] for name in sorted(partners)]
