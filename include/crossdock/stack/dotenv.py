"""`.env.example`: every variable that the package or docker-compose.yml reads, with its default and meaning."""

from __future__ import annotations

from crossdock.core.settings import declared

COMPOSE = (
    ("POSTGRES_PASSWORD", "Superuser of the compose Postgres."),
    ("CROSSDOCK_OWNER_PASSWORD", "Role crossdock_owner: migrations only."),
    ("CROSSDOCK_APP_PASSWORD", "Role crossdock_app: lanes, landing, inbox, worker."),
    ("CROSSDOCK_DBT_PASSWORD", "Role crossdock_dbt: builds the models."),
    ("AIRFLOW_DB_PASSWORD", "Role airflow: Airflow's own database."),
    ("REDIS_PASSWORD", "The Celery broker."),
    ("AIRFLOW_FERNET_KEY", "32 random bytes in URL-safe base64: encrypts connections in Airflow's database."),
    ("AIRFLOW_API_SECRET_KEY", "Signs sessions and the log links between Airflow's hosts; long and random."),
    ("AIRFLOW_JWT_SECRET", "Signs API and task tokens; at least 64 random bytes."),
    ("AIRFLOW_ADMIN_PASSWORD", "Airflow user admin."),
    ("AIRFLOW_KEEPER_PASSWORD", "Airflow user crossdock-housekeeping, which may only delete runs."),
    ("AIRFLOW_PORT", "Loopback port of the Airflow UI; empty: 8080."),
)
"""Variables of docker-compose.yml beyond the package's own; passwords must be safe inside a URL."""


def text() -> str:
    """The content of `.env.example`."""
    lines = ["# Every variable that Crossdock reads, with its default. Made by `crossdock env --example`."]
    for variable, default, meaning in declared():
        lines += ["", f"# {meaning}", f"{variable}={default}"]
    lines += ["", "", "# For docker-compose.yml only; none has a default but the port. Use letters and digits."]
    for variable, meaning in COMPOSE:
        lines += ["", f"# {meaning}", f"{variable}="]
    return "\n".join(lines) + "\n"
