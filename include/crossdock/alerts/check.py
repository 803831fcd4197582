"""Whether what a file of routes names exists: queues, roles, codes, languages, connections."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from crossdock.alerts import channels, compose
from crossdock.alerts.routes import Routes
from crossdock.core.errors import Misconfigured

AIRFLOW_ROLES = {"Admin", "Op", "User", "Viewer"}


def problems(connection: psycopg.Connection, routes: Routes) -> list[str]:
    """One sentence for each name that leads nowhere; empty: all is well. Sends nothing, prints no secret."""
    queues = dict(connection.execute("select queue, airflow_role from ref.queues").fetchall())
    codes = {code for (code,) in connection.execute("select exception_code from ref.exception_catalogue")}
    return [*_of_routes(routes, queues, codes), *_of_channels(routes)]


def _of_routes(routes: Routes, queues: dict[str, str], codes: set[str]) -> Iterator[str]:
    roles = AIRFLOW_ROLES | set(queues.values())
    for name, route in routes.routes.items():
        for audience in (route.audience, *(step.to for step in route.escalate)):
            if audience.queue and audience.queue not in queues:
                yield f"route {name}: there is no queue {audience.queue}; known: {', '.join(queues)}"
            if audience.role and audience.role not in roles:
                yield f"route {name}: there is no role {audience.role}; known: {', '.join(sorted(roles))}"
        for code in sorted(set(route.codes) - codes):
            yield f"route {name}: there is no exception {code}"
        try:
            compose.words(route.language)
        except Misconfigured as error:
            yield f"route {name}: {error}"


def _of_channels(routes: Routes) -> Iterator[str]:
    for channel in sorted(routes.channels()):
        try:
            channels.service(channel)
        except Misconfigured as error:
            yield str(error)
