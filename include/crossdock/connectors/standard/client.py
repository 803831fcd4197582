"""Where the files are: in an SFTP mailbox or a folder of this machine; each feed has a pattern of names."""

from __future__ import annotations

import fnmatch
import posixpath
from datetime import UTC, datetime
from pathlib import Path

from crossdock.connectors.files import Files, FilesReader
from crossdock.connectors.standard.settings import StandardSettings
from crossdock.core.connections import Connection
from crossdock.core.errors import Misconfigured, PartnerDown, Refused
from crossdock.transport.gate import Gate
from crossdock.transport.sftp import Mailbox, RemoteFile, is_partial, shown

ENDS = (b"\n", b"\r", b"}", b"]")
"""Of a whole row or list; what ends otherwise may lack its end."""


class Folder:
    """A folder of this machine with the face of a mailbox."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self, folder: str) -> list[RemoteFile]:
        """The finished files of `folder` below the root, oldest first."""
        try:
            found = [path for path in (self._root / folder).iterdir() if path.is_file()]
        except OSError as error:
            raise PartnerDown(f"the folder {self._root / folder} cannot be read: {error.strerror}") from None
        files = [_file(posixpath.join(folder, path.name), path) for path in found if not is_partial(path.name)]
        return sorted(files, key=lambda file: (file.modified_at, file.path))

    def look(self, path: str) -> RemoteFile | None:
        """The file as it is now; None where there is none."""
        found = self._root / path
        return _file(path, found) if found.is_file() else None

    def read(self, path: str) -> bytes:
        """The whole file. Raises Refused when it is not there or not ours to read."""
        try:
            return (self._root / path).read_bytes()
        except OSError as error:
            raise Refused(f"{shown(path)} cannot be read: {error.strerror}", hint="look at the folder") from None

    def rename(self, path: str, new_path: str) -> None:
        (self._root / new_path).parent.mkdir(parents=True, exist_ok=True)
        (self._root / path).rename(self._root / new_path)

    def close(self) -> None:
        return None


def reader(connection: Connection, settings: StandardSettings, gate: Gate) -> FilesReader:
    """A reader of the connection's mailbox. Raises Misconfigured for a connection without a place."""
    if connection.conn_type in ("fs", "file"):
        path = connection.extra.get("path") or connection.host
        if not path:
            raise Misconfigured(
                f"connection {connection.conn_id!r} names no folder", hint="put its path into extra.path"
            )
        return _reader(Folder(Path(path)), settings)
    return _reader(Mailbox(connection, gate=gate).open(), settings)


def _reader(files: Files, settings: StandardSettings) -> FilesReader:
    return FilesReader(
        files,
        settings.folder,
        is_theirs=lambda feed, name: fnmatch.fnmatch(name, settings.files.get(feed, f"{feed}*")),
        content_type=_content_type,
        is_ended=lambda content: content.endswith(ENDS),
        archive=settings.archive,
        quiet_seconds=settings.quiet_seconds,
    )


def _file(name: str, path: Path) -> RemoteFile:
    found = path.stat()
    return RemoteFile(name, found.st_size, datetime.fromtimestamp(int(found.st_mtime), UTC))


def _content_type(path: str) -> str:
    return "text/csv" if path.lower().endswith(".csv") else "application/jsonl"
