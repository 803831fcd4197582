"""The one module that reads the environment.

Every variable is declared here with its default and its meaning; `.env.example` is generated from it.
Secrets are references: a connection is looked up by id (see `core.connections`), never stored in a file of ours.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path


def _variable(name: str, default: str, doc: str):
    return field(
        default_factory=lambda: os.environ.get(name, default),
        metadata={"variable": name, "default": default, "doc": doc},
    )


def _source_root() -> Path:
    """The checkout this package is installed from, in editable mode; else the working directory."""
    root = Path(__file__).resolve().parents[3]
    return root if (root / "dbt").is_dir() else Path.cwd()


@dataclass(frozen=True)
class Settings:
    """What the environment says. All values are strings; the properties below give them their types."""

    project: str = _variable("CROSSDOCK_PROJECT", "", "Folder with dbt/, expectations/ and dags/; empty: the checkout.")
    home: str = _variable(
        "CROSSDOCK_HOME", "", "Where the runtime keeps data, logs and secrets; empty: <project>/.crossdock."
    )
    dsn: str = _variable("CROSSDOCK_DSN", "", "Postgres of the product, role crossdock_app (libpq DSN or URI).")
    dbt_dsn: str = _variable("CROSSDOCK_DBT_DSN", "", "The same database, role crossdock_dbt.")
    admin_dsn: str = _variable("CROSSDOCK_ADMIN_DSN", "", "The same database, its owner: migrations only.")
    superuser_dsn: str = _variable(
        "CROSSDOCK_SUPERUSER_DSN",
        "",
        "Superuser of that server, for `crossdock prepare`: it makes roles and databases.",
    )
    airflow_dsn: str = _variable(
        "CROSSDOCK_AIRFLOW_DSN", "", "Airflow's own role and database on that server, for `crossdock prepare`."
    )
    reader_password: str = _variable(
        "CROSSDOCK_READER_PASSWORD", "", "Password that `crossdock prepare` gives the roles bi_reader and auditor."
    )
    partners: str = _variable(
        "CROSSDOCK_PARTNERS", "", "Partner folders, separated by ':'; empty: include/crossdock/partners."
    )
    policies: str = _variable(
        "CROSSDOCK_POLICIES", "", "Folder of your own policies; empty: include/crossdock/remediation/policies."
    )
    real_data: str = _variable(
        "CROSSDOCK_REAL_DATA",
        "",
        "Real data for the acceptance tests; empty: ../shared/data beside the project.",
    )
    inbox_port: str = _variable(
        "CROSSDOCK_INBOX_PORT", "8090", "Port of the webhook inbox, on loopback unless told otherwise."
    )
    inbox_max_bytes: str = _variable(
        "CROSSDOCK_INBOX_MAX_BYTES", "5000000", "Largest webhook body that is stored; larger ones get 413."
    )
    alert_routes: str = _variable(
        "CROSSDOCK_ALERT_ROUTES", "", "File of alert routes; empty: include/crossdock/alerts/routes.yaml."
    )
    desk_url: str = _variable(
        "CROSSDOCK_DESK_URL", "", "Address of the exception desk; links in alerts begin with it; empty: no links."
    )
    log_level: str = _variable("CROSSDOCK_LOG_LEVEL", "INFO", "Least severe level that is logged.")
    log_format: str = _variable("CROSSDOCK_LOG_FORMAT", "json", "json (one object a line) or text (for people).")

    @property
    def project_dir(self) -> Path:
        return Path(self.project) if self.project else _source_root()

    @property
    def home_dir(self) -> Path:
        return Path(self.home) if self.home else self.project_dir / ".crossdock"

    @property
    def partner_dirs(self) -> list[Path]:
        if self.partners:
            return [Path(part) for part in self.partners.split(os.pathsep) if part]
        return [Path(__file__).resolve().parents[1] / "partners"]

    @property
    def policies_dir(self) -> Path:
        return (
            Path(self.policies) if self.policies else Path(__file__).resolve().parents[1] / "remediation" / "policies"
        )

    @property
    def dbt_dir(self) -> Path:
        return self.project_dir / "dbt"

    @property
    def expectations_dir(self) -> Path:
        return self.project_dir / "expectations"

    @property
    def real_data_dir(self) -> Path:
        return Path(self.real_data) if self.real_data else self.project_dir.parent / "shared" / "data"


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()


def declared() -> list[tuple[str, str, str]]:
    """(variable, default, meaning) of every setting, in the order of declaration."""
    return [(f.metadata["variable"], f.metadata["default"], f.metadata["doc"]) for f in fields(Settings)]
