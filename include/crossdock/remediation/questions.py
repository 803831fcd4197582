"""What a person is shown who is asked whether a repair may be done: plain words, as Markdown."""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from crossdock.core.errors import Refused
from crossdock.db.connect import connect

SQL = (Path(__file__).parent / "sql" / "question.sql").read_text()


def present(approval_id: int) -> dict:
    """{subject, body} of an approval. Raises Refused when there is none."""
    with connect("present question") as connection:
        return render(connection, approval_id)


def render(connection: psycopg.Connection, approval_id: int) -> dict:
    """The question with its evidence, its candidates, and how to answer otherwise than here."""
    with connection.cursor(row_factory=dict_row) as cursor:
        asked = cursor.execute(SQL, {"approval_id": approval_id}).fetchone()
    if asked is None:
        raise Refused(f"there is no approval {approval_id}", hint="see `crossdock approvals list`")
    return {"subject": f"Case {asked['case_id']}: {asked['question']}", "body": "\n".join(_body(asked))}


def _body(asked: dict) -> list[str]:
    return [
        f"**{asked['title']}**",
        "",
        f"*Order* {asked['order_id'] or 'none'} · *severity* {asked['severity']} · *queue* {asked['owner_queue']} · "
        f"*answer by* {asked['expires_as_of']:%Y-%m-%d %H:%M} UTC (business time) · *asked by* {asked['proposed_by']}",
        "",
        *_table("What is wrong", ("seen", "detail"), asked["symptoms"]),
        *_table(
            "What could be done", ("candidate", "cost", "why not"), [_candidate(asked, c) for c in asked["candidates"]]
        ),
        f"People of {', '.join(asked['may_answer'])} may answer, here, at the exception desk, or with "
        f"`crossdock approvals approve {asked['approval_id']}`. The first answer counts.",
    ]


def _candidate(asked: dict, candidate: dict) -> tuple[str, str, str]:
    name = candidate["name"] + (" (proposed)" if candidate["name"] == asked["chosen"] else "")
    return name, str(candidate.get("cost", "")), "; ".join(candidate.get("excluded_by") or [])


def _table(title: str, heads: tuple[str, ...], rows: list) -> list[str]:
    if not rows:
        return []
    lines = [" | ".join(_cell(value) for value in row) for row in rows]
    return [f"#### {title}", "", " | ".join(heads), "|".join("---" for _ in heads), *lines, ""]


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
