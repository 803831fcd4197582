"""Roles and databases on a real server: made, made again, kept apart."""

from __future__ import annotations

import dataclasses
import secrets

import psycopg
import pytest

from crossdock.core.errors import Misconfigured
from crossdock.core.settings import Settings
from crossdock.stack import external
from crossdock.stack.postgres import OWNER, Server, create_database, create_role


@pytest.fixture
def names(postgres: Server):
    """A role and a database of this test, dropped afterwards."""
    name = f"t_{secrets.token_hex(4)}"
    yield name
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        admin.execute(f'drop database if exists "{name}" with (force)')
        admin.execute(f'drop role if exists "{name}"')


def test_a_role_gets_its_new_password_and_the_server_never_sees_it(postgres: Server, names: str):
    """Making it twice changes the password; what is sent is the SCRAM verifier."""
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        create_role(admin, names, "first-password")
        create_role(admin, names, "second-password")
        create_database(admin, names, names)
        create_database(admin, names, names)
        kept = admin.execute("select rolpassword from pg_authid where rolname = %s", [names]).fetchone()[0]
    assert kept.startswith("SCRAM-SHA-256$")
    psycopg.connect(postgres.dsn(names, names, "second-password")).close()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres.dsn(names, names, "first-password"))


@pytest.mark.parametrize("role", ["app", "dbt", "bi_reader", "auditor"])
def test_no_role_of_the_product_enters_the_labs_database(
    postgres: Server, database: dict[str, str], names: str, role: str
):
    """The truth about the faults is out of reach."""
    with psycopg.connect(postgres.superuser, autocommit=True) as admin:
        create_role(admin, names, "lab-password")
        create_database(admin, names, names)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(database[role], dbname=names)


@pytest.fixture
def given(postgres: Server, names: str, template: str) -> Settings:
    """Settings for a server of one's own: the product in a fresh database, Airflow in another."""
    password = "for-tests-only"
    return dataclasses.replace(
        Settings(),
        superuser_dsn=postgres.superuser,
        admin_dsn=postgres.dsn(names, OWNER, password),
        dsn=postgres.dsn(names, "crossdock_app", password),
        dbt_dsn=postgres.dsn(names, "crossdock_dbt", password),
        reader_password=password,
        airflow_dsn="",
    )


def test_prepare_makes_a_product_database_anywhere_and_may_be_repeated(given: Settings):
    """What docker-compose.yml calls: roles, database, tables; the app's role can use them."""
    assert list(external.prepare(given)) == list(external.prepare(given))
    with psycopg.connect(given.dsn) as connection:
        assert connection.execute("select count(*) from raw.documents").fetchone() == (0,)


def test_prepare_refuses_a_dsn_of_another_role(given: Settings):
    """A superuser's DSN in place of the app's would undo the separation."""
    wrong = dataclasses.replace(given, dsn=given.superuser_dsn)
    with pytest.raises(Misconfigured, match="CROSSDOCK_DSN is for role 'postgres'"):
        list(external.prepare(wrong))


def test_prepare_names_what_is_not_set(given: Settings):
    """With the variable's name."""
    for name, variable in (("superuser_dsn", "CROSSDOCK_SUPERUSER_DSN"), ("dbt_dsn", "CROSSDOCK_DBT_DSN"),
                           ("reader_password", "CROSSDOCK_READER_PASSWORD")):  # fmt: skip
        with pytest.raises(Misconfigured, match=variable):
            list(external.prepare(dataclasses.replace(given, **{name: ""})))
