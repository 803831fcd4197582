"""`crossdock lab serve` and `crossdock lab connections`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

HOST, PORT, SFTP_PORT = "127.0.0.1", 8700, 8722


def register_faces(lab: typer.Typer) -> None:
    """Add the commands that run the lab's systems and say how to reach them."""
    lab.command("serve")(serve)
    lab.command("connections")(show_connections)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; the lab is for one machine.")] = HOST,
    port: Annotated[int, typer.Option(help="Port of the HTTP systems.")] = PORT,
    sftp_port: Annotated[int, typer.Option(help="Port of the EDI partner's mailbox.")] = SFTP_PORT,
) -> None:
    """Run the lab's systems, its mailbox, its webhooks and its clock (needs CROSSDOCK_LAB_DSN)."""
    from crossdock_lab.systems import server

    server.serve(host, port, sftp_port)


def show_connections(
    host: Annotated[str, typer.Option(help="Address at which the lab listens.")] = HOST,
    port: Annotated[int, typer.Option(help="Port of the HTTP systems.")] = PORT,
    sftp_port: Annotated[int, typer.Option(help="Port of the EDI partner's mailbox.")] = SFTP_PORT,
    exports: Annotated[bool, typer.Option(help="Print `export AIRFLOW_CONN_…=…` lines, for eval.")] = False,
) -> None:
    """Print the connections to the lab as JSON: secrets included."""
    import shlex

    from crossdock_lab import db
    from crossdock_lab.connections import connections

    given = connections(db.dsn(), f"http://{host}:{port}", host, sftp_port)
    if not exports:
        typer.echo(json.dumps(given, indent=2))
        return
    for conn_id, connection in given.items():
        typer.echo(f"export AIRFLOW_CONN_{conn_id.upper()}={shlex.quote(json.dumps(connection))}")
