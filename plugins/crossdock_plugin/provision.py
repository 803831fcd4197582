"""Run once after Airflow's migrations: the admin user, the `dbt` pool, and who may read our views.

    echo '{"username": …, "password": …}' | python plugins/crossdock_plugin/provision.py

Running it again changes nothing but the password.
"""

import json
import sys

VIEW = "Crossdock Docs"
READERS = ("Viewer", "User", "Op", "Admin")


def grant(manager) -> None:
    """Every role that may look at anything may read our documents; Viewer also needs the menu's own right."""
    for role in READERS:
        for action, resource in (("can_read", VIEW), ("menu_access", VIEW), ("can_read", "Plugins")):
            manager.add_permission_to_role(manager.find_role(role), manager.create_permission(action, resource))


def admin(manager, username: str, password: str) -> None:
    user = manager.find_user(username=username)
    if user:
        manager.reset_password(user.id, password)
        return
    manager.add_user(username, "Admin", "Crossdock", "admin@crossdock.invalid", manager.find_role("Admin"), password)


def main() -> None:
    from airflow.models.pool import Pool
    from airflow.providers.fab.www.app import create_app
    from flask import current_app

    given = json.load(sys.stdin)
    with create_app(enable_plugins=False).app_context():
        manager = current_app.appbuilder.sm
        grant(manager)
        admin(manager, given["username"], given["password"])
    Pool.create_or_update_pool("dbt", slots=1, description="dbt builds one at a time", include_deferred=False)


if __name__ == "__main__":
    main()
