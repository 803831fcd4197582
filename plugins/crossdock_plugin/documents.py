"""The folders of built documents, served under `/crossdock-docs/` to whoever may read the view "Crossdock Docs"."""

from __future__ import annotations

from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.core_api.security import get_user
from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from crossdock.stack import documents

VIEW = "Crossdock Docs"
PREFIX = "/crossdock-docs"


def reader(user: Annotated[BaseUser, Depends(get_user)]) -> BaseUser:
    """The signed-in user, if the view may be read: else 401 or 403."""
    if not get_auth_manager().is_authorized_custom_view(method="GET", resource_name=VIEW, user=user):
        raise HTTPException(403, "your role may not read Crossdock's documents")
    return user


app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(reader)])


@app.get("/")
def contents() -> HTMLResponse:
    """What there is to read."""
    return HTMLResponse(documents.contents_page())


@app.get("/{site}")
def site_root(site: str) -> RedirectResponse:
    return RedirectResponse(f"{PREFIX}/{site}/")


@app.get("/{site}/{path:path}")
def read(site: str, path: str):
    """One file of one site; Markdown is shown as text. 404 names what is missing and what makes it."""
    listing = None if path else documents.listing_page(site)
    if listing:
        return HTMLResponse(listing)
    found = documents.find(site, path)
    if found is None:
        raise HTTPException(404, documents.missing(site, path))
    if found.suffix == ".md":
        return HTMLResponse(documents.markdown_page(found))
    return FileResponse(found)


class CrossdockPlugin(AirflowPlugin):
    """Links in the menu Browse, and the sites behind them."""

    name = "crossdock"
    fastapi_apps = [{"app": app, "url_prefix": PREFIX, "name": "Crossdock documents"}]  # noqa: RUF012 - Airflow's interface
    external_views = [  # noqa: RUF012 - Airflow's interface
        {
            "name": site.title,
            "href": f"{PREFIX}/{name}/",
            "destination": "nav",
            "category": "browse",
            "url_route": f"crossdock-{name}",
        }
        for name, site in documents.SITES.items()
    ]
