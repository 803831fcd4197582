"""The exception desk, under `/desk/` for whoever may read the view "Exception Desk"; framed in the menu Browse."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.core_api.security import get_user
from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends, HTTPException, Request
from psycopg_pool import ConnectionPool

from crossdock.db.connect import dsn
from crossdock.desk import web

VIEW = "Exception Desk"
PREFIX = "/desk"


def login(request: Request, user: Annotated[BaseUser, Depends(get_user)]) -> tuple[str, list[str]]:
    """Login and roles of the signed-in user, if the view may be read, or changed by what is no GET: else 401 or 403."""
    method = "GET" if request.method == "GET" else "PUT"
    if not get_auth_manager().is_authorized_custom_view(method=method, resource_name=VIEW, user=user):
        raise HTTPException(403, "your role has no part in the exception desk")
    return user.username, [role.name for role in user.roles]


@cache
def pool() -> ConnectionPool:
    """The desk's connections, opened at the first page; each is tried before it is lent."""
    return ConnectionPool(
        dsn(),
        min_size=0,
        max_size=4,
        kwargs={"options": "-c TimeZone=UTC", "application_name": "crossdock desk"},
        check=ConnectionPool.check_connection,
        open=True,
    )


def signing_key() -> bytes:
    """What signs the desk's forms: the same in every worker of this Airflow, and nothing else's."""
    return hashlib.sha256(b"crossdock desk/" + conf.get_mandatory_value("api", "secret_key").encode()).digest()


class DeskPlugin(AirflowPlugin):
    """The desk and its place in the menu Browse."""

    name = "crossdock_desk"
    fastapi_apps = [  # noqa: RUF012 - Airflow's interface
        {
            "app": web.build(login, lambda: pool().connection(), signing_key()),
            "url_prefix": PREFIX,
            "name": "Exception desk",
        }
    ]
    external_views = [  # noqa: RUF012 - Airflow's interface
        {
            "name": "Exception desk",
            "href": f"{PREFIX}/",
            "destination": "nav",
            "category": "browse",
            "url_route": "exception-desk",
        }
    ]
