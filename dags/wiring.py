"""What the DAG files share: schedules, assets, retries by error class, and the partners they are made for.

Wiring only. Whatever works on data is a function of the package `crossdock`, imported inside the task that calls it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from airflow.providers.sftp.sensors.sftp import SFTPSensor
from airflow.sdk import Asset, AssetAlias, Connection, RetryDecision, RetryPolicy

from crossdock.core.errors import BadInput, Misconfigured, Refused, Throttled
from crossdock.core.settings import settings

START = datetime(2026, 1, 1, tzinfo=UTC)
LANDING = Asset("crossdock://landing/")
MARTS = Asset("crossdock://marts/")
CASES = Asset("crossdock://cases/")
ARRIVALS = AssetAlias("crossdock-arrivals")
"""Through this alias a feed's task touches LANDING only when something new has landed."""
OPENED = AssetAlias("crossdock-opened")
"""Through this alias the fast lane touches CASES only when a case was opened or came back."""
PLATFORM = "data-platform"
READABLE_MODES = ("poll", "snapshot", "file")


class ByErrorClass(RetryPolicy):
    """Retry what may pass by itself, leave to a person what will not, wait as long as a throttling partner asks."""

    def evaluate(self, exception, try_number, max_tries, context=None) -> RetryDecision:
        if isinstance(exception, Throttled):
            return RetryDecision.retry(timedelta(seconds=exception.retry_after), "the partner asked us to wait")
        if isinstance(exception, Refused | BadInput | Misconfigured):
            return RetryDecision.fail(exception.hint or "trying again changes nothing")
        return RetryDecision.default()


def default_args(owner: str, *, timeout: timedelta = timedelta(minutes=10)) -> dict:
    """Arguments of every task: its owner, two more tries for what may pass, and an end to what hangs."""
    return {
        "owner": owner,
        "retries": 2,
        "retry_delay": timedelta(seconds=10),
        "retry_exponential_backoff": 2,
        "max_retry_delay": timedelta(minutes=2),
        "retry_policy": ByErrorClass(),
        "execution_timeout": timeout,
    }


@dataclass(frozen=True)
class Feed:
    """A feed that a schedule reads, as the partner's folder declares it."""

    partner_id: str
    name: str
    system_type: str
    owner: str
    connection_id: str
    mode: str
    every: str
    latency_class: str
    contract: str
    criticality: str = "normal"
    settings: dict = field(default_factory=dict)


def partners() -> list[dict]:
    """Every partner's declaration, by id. A folder of CROSSDOCK_PARTNERS holds partners or is one."""
    found = [file for folder in settings().partner_dirs for file in _declarations(folder)]
    return sorted((yaml.safe_load(file.read_text()) for file in found), key=lambda partner: partner["partner"])


def _declarations(folder: Path) -> list[Path]:
    own = folder / "partner.yaml"
    return [own] if own.exists() else sorted(folder.glob("*/partner.yaml"))


def readable_feeds() -> list[Feed]:
    """Every feed that is read on a schedule; those that only push come in through the inbox."""
    return [
        Feed(
            partner_id=partner["partner"],
            name=name,
            system_type=partner["system_type"],
            owner=partner["owner"],
            connection_id=partner.get("connection", ""),
            mode=feed["mode"],
            every=str(feed.get("every", "60s")),
            latency_class=feed.get("latency_class", "minutes"),
            contract=str(feed.get("contract", "")),
            criticality=partner.get("criticality", "normal"),
            settings={**(partner.get("settings") or {}), **(feed.get("settings") or {})},
        )
        for partner in partners()
        for name, feed in (partner.get("feeds") or {}).items()
        if feed["mode"] in READABLE_MODES
    ]


def cron(every: str) -> str:
    """`60s`, `5m`, `2h` or `1d` as cron; a minute is the shortest. Raises Misconfigured for what cron cannot say."""
    match = re.fullmatch(r"(\d+)\s*([smhd])", every)
    minutes = int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]] // 60 if match else 0
    if match and minutes <= 1:
        return "* * * * *"
    if 60 % max(minutes, 1) == 0 and 1 < minutes < 60:
        return f"*/{minutes} * * * *"
    if minutes % 60 == 0 and 0 < minutes < 1440 and 24 % (minutes // 60) == 0:
        return "0 * * * *" if minutes == 60 else f"0 */{minutes // 60} * * *"
    if minutes == 1440:
        return "0 3 * * *"
    raise Misconfigured(f"a feed cannot be read every {every!r}", hint="1m to 30m, 1h to 12h that divide a day, or 1d")


class MailboxSensor(SFTPSensor):
    """Wait for a file in a partner's SFTP mailbox; a mailbox that is a folder of this machine needs no waiting."""

    def execute(self, context):
        if Connection.get(self.sftp_conn_id).conn_type != "sftp":
            return True
        return super().execute(context)


def use_airflow_connections() -> None:
    """Let the product look connections up as Airflow does: environment, secrets backend, then Airflow's own table."""
    from crossdock.core import connections

    def resolve(conn_id: str) -> connections.Connection:
        try:
            found = Connection.get(conn_id)
        except Exception as error:
            raise Misconfigured(
                f"connection {conn_id!r} is not defined: {error}", hint="add it in Airflow or as AIRFLOW_CONN_*"
            ) from error
        extra = json.loads(found.extra) if isinstance(found.extra, str) and found.extra else (found.extra or {})
        return connections.Connection(
            conn_id, found.conn_type or "http", found.host or "", found.port,
            found.login or "", found.password or "", found.schema or "", extra,
        )  # fmt: skip

    connections.use_resolver(resolve)
