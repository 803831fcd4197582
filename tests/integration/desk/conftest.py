"""The desk on a real database, asked as each person would."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI

import desk_story

SAME = {"sec-fetch-site": "same-origin"}


@dataclass
class Person:
    """Somebody in front of a browser."""

    app: FastAPI
    login: str

    def get(self, path: str = "/", **query: object) -> httpx.Response:
        return self.send("GET", path, params=query or None)

    def send(self, method: str, path: str, headers: dict | None = None, **given: object) -> httpx.Response:
        """One request to the application itself."""

        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
                return await client.request(
                    method, f"/desk{path}", headers={"x-login": self.login} | (headers or {}), **given
                )

        return asyncio.run(once())

    def token(self, path: str = "/approvals") -> str:
        """What this person's forms carry; every case page has it where there is a form."""
        found = re.search(r'name="token" value="([0-9a-f]+)"', self.get(path).text)
        return found[1] if found else ""

    def post(self, case_id: int, act: str, headers: dict | None = None, **form: str) -> httpx.Response:
        """Send a form from the case page."""
        given = {"token": self.token(f"/cases/{case_id}")} | form
        return self.send("POST", f"/cases/{case_id}/{act}", SAME if headers is None else headers, data=given)


@pytest.fixture
def story(modelled) -> desk_story.Story:
    """A database with the order of the story."""
    return desk_story.begin(modelled)


@pytest.fixture
def person(story) -> Callable[[str], Person]:
    """`person("walt")` looks at the desk."""
    app = story.app()
    return lambda login: Person(app, login)
