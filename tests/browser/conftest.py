"""A real browser in front of the desk; without one installed these tests are skipped, and say so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

import desk_story
import webdriver
from crossdock.stack.postgres import free_port


@pytest.fixture
def browser(tmp_path) -> Iterator[webdriver.Browser]:
    """A headless Chromium; skips where none is installed."""
    if webdriver.installed() is None:
        pytest.skip("no browser: install the packages chromium and chromium-driver")
    with webdriver.browser(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def story(modelled_for_module) -> desk_story.Story:
    """The order of the story, for the tests of a module."""
    return desk_story.begin(modelled_for_module)


@pytest.fixture
def served(story) -> Iterator[Callable[[str], str]]:
    """`served("walt")` is the address of a server at which walt is signed in; `/framed` there frames the desk."""
    with ExitStack() as stack:
        yield lambda login: stack.enter_context(serving(_framed(story.app(lambda: (login, desk_story.PEOPLE[login])))))


def _framed(app: FastAPI) -> FastAPI:
    """Beside the desk a page that frames it as Airflow does, but for scripts."""

    @app.get("/framed")
    def framed() -> HTMLResponse:
        return HTMLResponse(
            '<!doctype html><title>Frame</title><iframe title="Desk" width="1200" height="800" src="/desk/"'
            ' sandbox="allow-same-origin allow-forms"></iframe>'
        )

    return app


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The application on a port of this machine."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
