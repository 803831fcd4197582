"""Run once after Airflow's migrations: three users, the desk's roles, the `dbt` pool, and who may read our views.

    echo '{"admin": {"username": …, "password": …}, "keeper": {…}, "questions": {…}}' | python …/provision.py

Running it again changes nothing but the passwords.
"""

import json
import sys

VIEW = "Crossdock Docs"
KEEPER = "Crossdock Housekeeping"
QUESTIONS = "Crossdock Questions"
READERS = ("Viewer", "User", "Op", "Admin")
DESK = "Exception Desk"
PEOPLE = ("Warehouse", "Logistics", "Finance", "CustomerService", "Returns")
"""Roles of ours: each works the queues that name it in `ref.queues`, beside Airflow's own Op and Admin."""


def grant(manager) -> None:
    """Every role that may look at anything may read our documents; Viewer also needs the menu's own right."""
    for role in READERS:
        for action, resource in (("can_read", VIEW), ("menu_access", VIEW), ("can_read", "Plugins")):
            manager.add_permission_to_role(manager.find_role(role), manager.create_permission(action, resource))


def desk_roles(manager) -> None:
    """Who may look at the exception desk, who may act there and answer Airflow's required actions.

    On which cases somebody may act is asked of `ref.queues` for each act; the right to edit only opens the door.
    """
    for role in (*READERS, *PEOPLE):
        found = manager.find_role(role) or manager.add_role(role)
        for action, resource in (("can_read", DESK), ("menu_access", DESK), ("can_read", "Plugins")):
            manager.add_permission_to_role(found, manager.create_permission(action, resource))
    seen = [(p.action.name, p.resource.name) for p in manager.find_role("Viewer").permissions]
    for role in PEOPLE:
        answering = [("can_edit", "HITL Detail"), ("menu_access", "HITL Detail"), ("can_edit", "DAG:approve")]
        for action, resource in (*seen, *answering):
            manager.add_permission_to_role(manager.find_role(role), manager.create_permission(action, resource))
    for role in (*PEOPLE, "Op", "Admin"):
        manager.add_permission_to_role(manager.find_role(role), manager.create_permission("can_edit", DESK))


def user(manager, role: str, username: str, password: str) -> None:
    found = manager.find_user(username=username)
    if found:
        manager.reset_password(found.id, password)
        return
    manager.add_user(username, role, "Crossdock", f"{username}@crossdock.invalid", manager.find_role(role), password)


def keeper_role(manager) -> None:
    """A role that may list and delete runs, for housekeeping."""
    role = manager.find_role(KEEPER) or manager.add_role(KEEPER)
    for action, resource in (
        ("can_read", "DAGs"),
        ("can_edit", "DAGs"),
        ("can_read", "DAG Runs"),
        ("can_delete", "DAG Runs"),
    ):
        manager.add_permission_to_role(role, manager.create_permission(action, resource))


def questions_role(manager) -> None:
    """A role that may start runs of the DAG `approve`, answer them, and know who has which role."""
    role = manager.find_role(QUESTIONS) or manager.add_role(QUESTIONS)
    for action, resource in (
        ("can_read", "DAG:approve"),
        ("can_edit", "DAG:approve"),
        ("can_read", "DAG Runs"),
        ("can_create", "DAG Runs"),
        ("can_read", "HITL Detail"),
        ("can_edit", "HITL Detail"),
        ("can_read", "Users"),
    ):
        manager.add_permission_to_role(role, manager.create_permission(action, resource))


def main() -> None:
    from airflow.models.pool import Pool
    from airflow.providers.fab.www.app import create_app
    from flask import current_app

    given = json.load(sys.stdin)
    with create_app(enable_plugins=False).app_context():
        manager = current_app.appbuilder.sm
        grant(manager)
        desk_roles(manager)
        keeper_role(manager)
        user(manager, "Admin", **given["admin"])
        questions_role(manager)
        user(manager, KEEPER, **given["keeper"])
        user(manager, QUESTIONS, **given["questions"])
    Pool.create_or_update_pool("dbt", slots=1, description="dbt builds one at a time", include_deferred=False)


if __name__ == "__main__":
    main()
