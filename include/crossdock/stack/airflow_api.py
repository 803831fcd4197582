"""Airflow's own API, as one of two users: housekeeping may delete runs, questions may ask in the DAG `approve`.

Tasks cannot reach Airflow's database; what the product needs of it goes this way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from crossdock.core.connections import connection
from crossdock.core.errors import PartnerDown

KEEPER, QUESTIONS = "airflow_api", "airflow_questions"
"""Connection ids."""


@contextmanager
def session(conn_id: str, purpose: str) -> Iterator[httpx.Client]:
    """A signed-in client; `purpose` completes "Airflow's API did not …". Raises PartnerDown when Airflow refuses."""
    found = connection(conn_id)
    try:
        with httpx.Client(base_url=found.base_url, timeout=30) as api:
            given = {"username": found.login, "password": found.password}
            answer = api.post("/auth/token", json=given).raise_for_status().json()
            api.headers["Authorization"] = f"Bearer {answer['access_token']}"
            yield api
    except httpx.HTTPError as error:
        raise PartnerDown(f"Airflow's API did not {purpose}: {error}", hint="crossdock doctor") from error
