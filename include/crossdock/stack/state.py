"""What one machine's installation remembers: generated secrets and chosen ports, in `<home>/state.json` (mode 0600)."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from crossdock.core.errors import Misconfigured
from crossdock.stack.postgres import free_port


def write_private(path: Path, text: str) -> None:
    """Replace a file that only its owner may read, in one step: a reader sees the old text or the new."""
    making = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    making.replace(path)


def fernet_key() -> str:
    """A key as Airflow wants it: 32 bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def token() -> str:
    return secrets.token_urlsafe(24)


@dataclass
class State:
    """The folder of one installation and what it remembers; every change is on disk before it is used."""

    home: Path
    values: dict = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.home / "state.json"

    def get(self, key: str, default: object = None) -> object:
        return self.values.get(key, default)

    def set(self, key: str, value: object) -> None:
        if self.values.get(key) == value and key in self.values:
            return
        self.values[key] = value
        write_private(self.path, json.dumps(self.values, indent=1, sort_keys=True) + "\n")

    def secret(self, name: str, make=token) -> str:
        """The secret of this name, generated at its first use."""
        key = f"secret.{name}"
        if key not in self.values:
            self.set(key, make())
        return self.values[key]

    def port(self, name: str) -> int:
        """The loopback port of this name, chosen at its first use."""
        key = f"port.{name}"
        if key not in self.values:
            taken = {value for other, value in self.values.items() if other.startswith("port.")}
            port = free_port()
            while port in taken:
                port = free_port()
            self.set(key, port)
        return self.values[key]

    def ports(self) -> dict[str, int]:
        return {
            key.removeprefix("port."): value for key, value in sorted(self.values.items()) if key.startswith("port.")
        }


def load(home: Path) -> State:
    """Read an installation's memory; an empty one where none was written. Creates nothing."""
    path = home / "state.json"
    try:
        return State(home, json.loads(path.read_text()))
    except FileNotFoundError:
        return State(home)
    except ValueError as error:
        raise Misconfigured(
            f"{path} is damaged: {error}", hint=f"restore it, or `crossdock down` and remove {home}"
        ) from None


def prepare(home: Path) -> State:
    """Make the folders of an installation and read its memory.

    Other users may pass through the home (Postgres runs as `nobody` under root) but see nothing in it.
    """
    for folder, mode in ((home, 0o711), (home / "run", 0o700), (home / "logs", 0o700), (home / "airflow", 0o700)):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)
    return load(home)


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Refuse to start or stop an installation from two terminals at once."""
    with (home / "run" / "command.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(
                f"another `crossdock up` or `down` is at work in {home}", hint="wait until it has ended, then try again"
            ) from None
        yield
