"""A database with every model, and detections put there by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.types.json import Jsonb

from crossdock.cases.api import Drained, drain
from crossdock.core import clock
from crossdock.db.connect import connect

NOW = "2026-01-10 12:00Z"


@dataclass
class Ground:
    """The product at `dsn` (by role), as crossdock_app; business time stands at NOW."""

    app: psycopg.Connection
    dsn: dict[str, str]

    def order(self, order: str, **values: object) -> None:
        """A canonical order that is under way."""
        columns = {"fulfillment_status_code": "released", "is_incomplete": False} | values
        names = ", ".join(columns)
        places = ", ".join(["%s"] * len(columns))
        self.app.execute(
            f"insert into canonical.orders (thread_id, order_id, erp_order_ref, {names}) values (%s, %s, %s, {places})",
            [order, order, order, *columns.values()],
        )

    def found(self, code: str, order: str = "1", subject: str | None = None, **evidence: object) -> int:
        """A detection that opens; its id."""
        return self.app.execute(
            """
            insert into ops.detections (exception_code, subject_id, thread_id, order_id, since_at, due_at, evidence,
                detected_as_of, detected_by)
            values (%s, %s, %s, %s, '2026-01-10 10:00Z', '2026-01-10 10:00Z', %s, ref.as_of(), 'test')
            returning detection_id
            """,
            [code, subject or order, order, order, Jsonb(evidence)],
        ).fetchone()[0]

    def changed(self, detection: int, **evidence: object) -> None:
        """A view finds the same with other evidence."""
        self.app.execute(
            "update ops.detections set evidence = %s where detection_id = %s", [Jsonb(evidence), detection]
        )

    def cleared(self, *detections: int) -> None:
        """No view finds them any more."""
        self.app.execute(
            "update ops.detections set cleared_at = clock_timestamp(), cleared_as_of = ref.as_of() "
            "where detection_id = any(%s)",
            [list(detections)],
        )

    def drain(self) -> Drained:
        return drain(self.app)

    def move(self, case: int, *events: str, kind: str = "system") -> None:
        for event in events:
            self.app.execute("select ops.move_case(%s, %s, 'crossdock', %s, 'because')", [case, event, kind])

    def rows(self, sql: str, *values: object) -> list[tuple]:
        return self.app.execute(sql, values or None).fetchall()

    def cases(self) -> list[tuple]:
        """(case, lead, state) of every case."""
        return self.rows("select case_id, lead_code, state from ops.cases order by case_id")

    def history(self, case: int) -> list[str]:
        """The events of a case, in order."""
        return [e for (e,) in self.rows("select event from ops.case_events where case_id = %s order by event_id", case)]

    def case_of(self, detection: int) -> int | None:
        found = self.rows("select case_id from ops.case_symptoms where detection_id = %s", detection)
        return found[0][0] if found else None


@pytest.fixture
def ground(modelled) -> Iterator[Ground]:
    """Business time stands at NOW; every statement commits."""
    with connect("test", conninfo=modelled["app"], autocommit=True) as app:
        clock.follow(app, NOW, 0)
        yield Ground(app, modelled)
