"""Reading a mailbox: every file of the feed that is new or has changed, oldest first, one file a page."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from crossdock.connectors.base import Page
from crossdock.connectors.payload import moment
from crossdock.connectors.standard.settings import StandardSettings
from crossdock.core.connections import Connection
from crossdock.core.errors import Misconfigured, PartnerDown
from crossdock.transport.gate import Gate
from crossdock.transport.sftp import PARTIAL, Mailbox, RemoteFile


class Files(Protocol):
    """A mailbox, wherever it is."""

    def list(self, folder: str) -> list[RemoteFile]: ...

    def read(self, path: str) -> bytes: ...

    def rename(self, path: str, new_path: str) -> None: ...

    def close(self) -> None: ...


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
        files = [
            RemoteFile(posixpath.join(folder, path.name), stat.st_size, datetime.fromtimestamp(int(stat.st_mtime), UTC))
            for path in found
            if path.suffix != PARTIAL
            for stat in [path.stat()]
        ]
        return sorted(files, key=lambda file: (file.modified_at, file.path))

    def read(self, path: str) -> bytes:
        return (self._root / path).read_bytes()

    def rename(self, path: str, new_path: str) -> None:
        (self._root / new_path).parent.mkdir(parents=True, exist_ok=True)
        (self._root / path).rename(self._root / new_path)

    def close(self) -> None:
        return None


class FileReader:
    """Pages of one mailbox. The cursor is the list of files that were read, with size and time."""

    def __init__(self, files: Files, settings: StandardSettings) -> None:
        self._files = files
        self._settings = settings

    def close(self) -> None:
        self._files.close()

    def pages(self, feed: str, since: dict, until: datetime | None) -> Iterator[tuple[Page, None]]:
        """One page a file that is not in the cursor; after a page the file is archived where that is set."""
        pattern = self._settings.files.get(feed, f"{feed}*")
        there = [
            file
            for file in self._files.list(self._settings.folder)
            if fnmatch.fnmatch(posixpath.basename(file.path), pattern)
        ]
        read = {file.path: _stamp(file) for file in there if (since.get("files") or {}).get(file.path) == _stamp(file)}
        begins = moment(since.get("from"))
        for file in there:
            if file.path in read or (begins and file.modified_at < begins) or (until and file.modified_at > until):
                continue
            content = self._files.read(file.path)
            read[file.path] = _stamp(file)
            yield Page(content, _content_type(file.path), file.path, cursor={"files": dict(read)}), None
            if self._settings.archive:
                target = posixpath.join(self._settings.archive, posixpath.basename(file.path))
                self._files.rename(file.path, target)


def reader(connection: Connection, settings: StandardSettings, gate: Gate) -> FileReader:
    """A reader of the connection's mailbox. Raises Misconfigured for a connection without a place."""
    if connection.conn_type in ("fs", "file"):
        path = connection.extra.get("path") or connection.host
        if not path:
            raise Misconfigured(
                f"connection {connection.conn_id!r} names no folder", hint="put its path into extra.path"
            )
        return FileReader(Folder(Path(path)), settings)
    return FileReader(Mailbox(connection, gate=gate).open(), settings)


def _stamp(file: RemoteFile) -> str:
    return f"{file.size}@{file.modified_at.isoformat()}"


def _content_type(path: str) -> str:
    return "text/csv" if path.lower().endswith(".csv") else "application/jsonl"
