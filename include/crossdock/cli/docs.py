"""`crossdock docs`: write the reference pages that are generated from what they describe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crossdock.cases import states
from crossdock.core.errors import CrossdockError
from crossdock.core.settings import declared, settings
from crossdock.db.connect import connect_rows
from crossdock.remediation import page
from crossdock.remediation.playbooks.files import playbooks
from crossdock.remediation.policies import files

GENERATED = "<!-- Written by `crossdock docs reference`; edit what it describes instead. -->"


class Stale(CrossdockError):
    """A generated page differs from what it describes."""


def register(app: typer.Typer) -> None:
    """Add `crossdock docs`."""
    docs = typer.Typer(no_args_is_help=True)
    docs.callback()(_docs)
    docs.command("reference")(reference)
    app.add_typer(docs, name="docs")


def _docs() -> None:
    """Write the generated pages of the documentation."""


def reference(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when a page is out of date.")] = False,
) -> None:
    """Write docs/reference/cli.md, settings.md, policies.md and, from the database, exceptions.md and states.md."""
    from crossdock.cli import build

    folder = settings().project_dir / "docs" / "reference"
    _put(folder / "cli.md", cli_page(build()), check=check)
    _put(folder / "settings.md", settings_page(), check=check)
    _put(folder / "policies.md", policies_page(), check=check)
    with connect_rows("docs") as connection:
        _put(folder / "exceptions.md", exceptions_page(catalogue(connection)), check=check)
        _put(folder / "states.md", states_page(connection), check=check)


def _put(path: Path, text: str, *, check: bool) -> None:
    if path.is_file() and path.read_text() == text:
        return
    if check:
        raise Stale(f"{path} is out of date", hint="run `crossdock docs reference` and commit what it writes")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(f"wrote {path}")


def catalogue(connection) -> list[dict]:
    """The rows of ref.exception_catalogue in the order of the flow, durations as text; needs rows as dicts."""
    return connection.execute(
        """
        select exception_code, title, step, subject_type, severity, owner_queue, grace::text as grace, is_time_based,
            default_playbook, description, parameters
        from ref.exception_catalogue
        order by array_position(array['capture', 'warehouse', 'transport', 'lifecycle', 'returns', 'platform'], step),
            exception_code
        """
    ).fetchall()


def exceptions_page(rows: list[dict]) -> str:
    """The reference page of the exception catalogue, as Markdown."""
    lines = [
        GENERATED,
        "# Exceptions",
        "",
        "What Crossdock calls an exception: one view each, one row shape. Thresholds are in `ref.exception_catalogue`;",
        "this page shows what migrations put there. What stands now: `select * from exceptions.exceptions`; what was",
        "ever found: `marts.fct_exceptions`.",
        "",
        "| code | what | about one | severity | whose move | grace | comes by time alone |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| [`{r['exception_code']}`](#{r['exception_code']}) | {r['title']} | {r['subject_type'].replace('_', ' ')} "
        f"| {r['severity']} | {r['owner_queue']} | {r['grace']} | {'yes' if r['is_time_based'] else 'no'} |"
        for r in rows
    ]
    for row in rows:
        lines += _exception_section(row)
    return "\n".join(lines) + "\n"


def _exception_section(row: dict) -> list[str]:
    code, step = row["exception_code"], row["step"]
    parameters = [f"- `{name}`: `{value}`" for name, value in row["parameters"].items()]
    return [
        "",
        f"## {code}",
        "",
        row["description"],
        "",
        f"- First proposal: `{row['default_playbook']}`",
        f"- View: [`exc_{code}`](../../dbt/models/exceptions/{step}/exc_{code}.sql)",
        f"- Runbook: [{row['title']}](../runbooks/{code}.md)",
        *parameters,
    ]


CONNECTIONS = """
## Connections

A partner's host, login and secrets are no settings: `connection:` in its `partner.yaml` names a connection, and that is
looked up as Airflow does it: the variable `AIRFLOW_CONN_<ID>` (JSON with `conn_type`, `host`, `port`, `login`,
`password`, `extra`), in a DAG also Airflow's own connections and secrets backends. On one machine write them into
`connections.json` in the home folder, `{"<id>": {"conn_type": …}}`, and run `crossdock up` again: every process gets
them. `up --lab` puts those of the lab there and leaves yours alone.

| `extra` | for |
|---|---|
| `auth` | `none`, `basic` (login, password), `bearer` (password), `header`, `oauth2` (login, password) |
| `auth_header`, `token_url` | the header that takes the password; where OAuth2 gives tokens |
| `webhook_secret` | what webhooks of this partner are signed with |
| `host_key` | the public key of an SFTP server, as `ssh-ed25519 AAAA…`: without it nobody is called |
| `private_key` | our key for an SFTP server, instead of a password |
| `path` | with `conn_type` `fs`: a folder of this machine that serves as the mailbox |
"""


def states_page(connection) -> str:
    """The reference page of the table of states, as Markdown."""
    return f"{GENERATED}\n{states.page(states.transitions(connection))}"


def policies_page() -> str:
    """The reference page of the package's own policies and playbooks, as Markdown."""
    return f"{GENERATED}\n{page.page(files.read_all(page.PACKAGED), playbooks())}"


def settings_page() -> str:
    """The reference page of the settings, as Markdown."""
    rows = [f"| `{name}` | {f'`{value}`' if value else ''} | {_cell(meaning)} |" for name, value, meaning in declared()]
    lines = [
        GENERATED,
        "# Settings",
        "",
        "All of them are variables of the environment. `crossdock up` sets what its processes need; a command finds",
        'the installation of its machine by itself, and `eval "$(crossdock env)"` gives the same to other programs.',
        "What is set already wins. The lab's own variables are on [its page](lab.md); `.env.example` has those of",
        "`docker-compose.yml` too.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
        *rows,
    ]
    return "\n".join(lines) + "\n" + CONNECTIONS


def cli_page(app: typer.Typer) -> str:
    """The reference page of every command, as Markdown."""
    lines = [
        GENERATED,
        "# Command line",
        "",
        "Exit status: 0 done, 1 no (the message says what and what to do), 2 the call or the set-up was wrong.",
    ]
    for words, command in commands(typer.main.get_command(app)):
        lines += _command_section(words, command)
    return "\n".join(lines) + "\n"


def commands(command, words: tuple[str, ...] = ("crossdock",)) -> list[tuple[str, object]]:
    """Every command that does something: its words as typed, and its click object."""
    children = getattr(command, "commands", None)
    own = [(" ".join(words), command)] if children is None or command.invoke_without_command else []
    return own + [found for name in sorted(children or {}) for found in commands(children[name], (*words, name))]


def _command_section(words: str, command) -> list[str]:
    shown = [p for p in command.params if "--help" not in p.opts and not p.hidden] if command.params else []
    usage = " ".join([words, *(_usage(p) for p in shown)])
    rows = [f"| `{', '.join(p.opts)}` | {_cell(p.help)} |" for p in shown if p.help]
    table = ["", "| | |", "|---|---|", *rows] if rows else []
    return ["", f"## {words}", "", f"`{usage}`", "", " ".join((command.help or "").split()), *table]


def _usage(parameter) -> str:
    if parameter.param_type_name == "argument":
        return parameter.name.upper() if parameter.required else f"[{parameter.name.upper()}]"
    option = parameter.opts[0] if parameter.is_flag else f"{parameter.opts[0]} …"
    return option if parameter.required else f"[{option}]"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
