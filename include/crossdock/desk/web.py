"""The desk's addresses: pages by GET, acts by POST, nothing else. Whoever mounts it says who the viewer is.

    app = build(login, connect, key)

`login(request)` gives (login, roles) or raises; `connect()` is a context manager with a connection that commits;
`key` signs the forms.
"""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl, quote

import jinja2
import psycopg
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from crossdock.core.errors import CrossdockError
from crossdock.desk import acts, causes, filters, guard, queries, tracing, views, words
from crossdock.desk.viewer import Viewer, seen

HERE = Path(__file__).parent
Connect = Callable[[], AbstractContextManager[psycopg.Connection]]
SMALL = 64 * 1024
"""The largest form, in bytes."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a page needs beside its rows."""

    connect: Connect
    key: bytes
    templates: jinja2.Environment

    def page(self, request: Request, template: str, viewer: Viewer, **values: object) -> HTMLResponse:
        """A rendered page."""
        made = self.templates.get_template(template).render(
            base=_base(request), viewer=viewer, token=guard.token(self.key, viewer.login), **values
        )
        return HTMLResponse(made, headers=guard.HEADERS)


def _base(request: Request) -> str:
    """The path under which the desk is mounted."""
    return request.scope.get("root_path", "")


def templates() -> jinja2.Environment:
    """The templates; everything they show is escaped, a name they lack is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {"label": words.label, "moment": words.moment, "path": lambda value: quote(value, safe="")}
    return made


def build(login: Callable[..., tuple[str, Collection[str]]], connect: Connect, key: bytes) -> FastAPI:
    """The application."""
    desk = Desk(connect, key, templates())
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/desk.css", _style, methods=["GET"])

    def viewer(given: Annotated[tuple, Depends(login)]) -> Viewer:
        with connect() as connection:
            return seen(*given, acts.queue_roles(connection))

    _add_pages(app, desk, viewer)
    _add_acts(app, desk, viewer)
    app.add_exception_handler(CrossdockError, _refused)
    app.add_exception_handler(HTTPException, _refused)
    return app


def _style() -> Response:
    return Response((HERE / "static" / "desk.css").read_bytes(), media_type="text/css",
                    headers={"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"})  # fmt: skip


def _refused(request: Request, error: Exception) -> HTMLResponse:
    """A page that says what was refused and what to do."""
    status = error.status_code if isinstance(error, HTTPException) else 409
    text = str(error.detail if isinstance(error, HTTPException) else error)
    hint = getattr(error, "hint", None) or ""
    page = templates().get_template("refused.html")
    made = page.render(base=_base(request), status=status, text=text, hint=hint)
    return HTMLResponse(made, status, headers=guard.HEADERS)


def _add_pages(app: FastAPI, desk: Desk, viewer_of: Callable[..., Viewer]) -> None:
    Seer = Annotated[Viewer, Depends(viewer_of)]

    @app.get("/")
    def cases(request: Request, viewer: Seer) -> HTMLResponse:
        with desk.connect() as connection:
            queues, known = queries.queues(connection), queries.vocabulary(connection)
            codes, causes_known = ({k["value"] for k in known if k["kind"] == kind} for kind in ("code", "cause"))
            chosen = filters.read(request.query_params, {q["queue"] for q in queues}, codes, causes_known)
            found = queries.find(connection, chosen.text) if chosen.text else []
            rows, is_more = queries.page(connection, chosen, viewer, found)
            names = queries.names(connection, viewer, [row["thread_id"] for row in rows])
        return desk.page(
            request, "cases.html", viewer, queues=queues, known=known, chosen=chosen,
            threads=sorted({(f["thread_id"], f["order_id"]) for f in found if f["thread_id"]}, key=str),
            rows=[views.list_row(row, names, viewer) for row in rows],
            next_address=chosen.next_address(rows[-1]) if is_more else "", state_names=words.STATES,
            severities=words.SEVERITIES, here="cases",
        )  # fmt: skip

    @app.get("/approvals")
    def approvals(request: Request, viewer: Seer) -> HTMLResponse:
        with desk.connect() as connection:
            mine, others = views.approvals(queries.approvals(connection), viewer)
        return desk.page(request, "approvals.html", viewer, mine=mine, others=others, here="approvals")

    @app.get("/causes")
    def of_causes(request: Request, viewer: Seer, days: str = causes.USUAL) -> HTMLResponse:
        chosen = causes.window(days)
        with desk.connect() as connection:
            shown = causes.page(connection, chosen)
        return desk.page(request, "causes.html", viewer, chosen=chosen, windows=causes.WINDOWS, here="causes", **shown)

    @app.get("/cases/{case_id}")
    def case(request: Request, case_id: int, viewer: Seer, said: str = "") -> HTMLResponse:
        with desk.connect() as connection:
            row = queries.case(connection, case_id)
            if row is None:
                raise HTTPException(404, f"there is no case {case_id}")
            names = queries.names(connection, viewer, [row["thread_id"]])
        shown = views.case(row, names, viewer)
        return desk.page(request, "case.html", viewer, case=shown, said=acts.SAID.get(said, ""), here="case")

    @app.get("/trace")
    def trace(request: Request, viewer: Seer, thread: str) -> HTMLResponse:
        with desk.connect() as connection:
            known = queries.trace(connection, thread.replace("\x00", ""))
            if known is None:
                raise HTTPException(404, "nothing is known of this order")
            names = queries.names(connection, viewer, [thread])
        row, lines = known
        return desk.page(
            request, "trace.html", viewer, title=tracing.title(row), thread=thread, cases=row["cases"],
            answer=tracing.answer(row, names, viewer), lines=[tracing.line(line) for line in lines], here="trace",
        )  # fmt: skip


async def _form(request: Request) -> dict[str, str]:
    """The fields of a posted form. Raises 400 and 413 for what is none of ours."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise HTTPException(400, "a form is expected")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > SMALL:
            raise HTTPException(413, "the form is too large")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        raise HTTPException(400, "the form cannot be read") from None


def _add_acts(app: FastAPI, desk: Desk, viewer_of: Callable[..., Viewer]) -> None:
    @app.post("/cases/{case_id}/{act}")
    def act(
        request: Request, case_id: int, act: str, viewer: Annotated[Viewer, Depends(viewer_of)],
        form: Annotated[dict, Depends(_form)],
    ) -> RedirectResponse:  # fmt: skip
        is_ours = guard.is_own(desk.key, viewer.login, form.get("token", ""))
        if not is_ours or not guard.comes_from_here(request.headers):
            raise HTTPException(403, "this form was not ours or is a day old: open the page again and repeat")
        if act not in acts.ACTS:
            raise HTTPException(404, f"a case cannot be told to {act}")
        with desk.connect() as connection:
            right = queries.right(connection, case_id)
            if right is None:
                raise HTTPException(404, f"there is no case {case_id}")
            if not acts.is_allowed(act, viewer, right):
                raise HTTPException(403, f"{viewer.login} may not do this: it is for {acts.whose(act, right)}")
            said = acts.ACTS[act](connection, right, viewer, form)
        return RedirectResponse(f"{_base(request)}/cases/{case_id}?said={said}", 303, headers=guard.HEADERS)
