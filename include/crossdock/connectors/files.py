"""Reading a folder of files, a partner's mailbox or one of this machine: what is new or has changed, oldest first.

Each file is a page. The cursor is the list of the files that are there and were read, with size and time. What is still
being written is left to a later poll, and what may have changed since it was read is read again: servers tell the time
of a change in whole seconds, and no partner waits for us.
"""

from __future__ import annotations

import posixpath
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

from crossdock.connectors.base import Page
from crossdock.connectors.payload import moment
from crossdock.core import log
from crossdock.core.errors import Refused
from crossdock.transport.sftp import RemoteFile

FRESH = timedelta(seconds=2)
"""A file that was changed this short a time ago may be changed again within the same second, at the same size."""
QUIET_SECONDS = 5.0
"""How long a file without an end must stand still to be taken as it is."""

logger = log.get("connectors")


class Files(Protocol):
    """A mailbox, wherever it is."""

    def list(self, folder: str) -> list[RemoteFile]: ...

    def look(self, path: str) -> RemoteFile | None: ...

    def read(self, path: str) -> bytes: ...

    def rename(self, path: str, new_path: str) -> None: ...

    def close(self) -> None: ...


class FilesReader:
    """Pages of one folder. `is_theirs` says which of its file names a feed reads.

    `is_ended` says whether a content can be the whole of a file; where it cannot, the file must have stood still for
    `quiet_seconds`. A file is moved to the `archive` only after its page was landed (asking for the next page says that
    it was), and only where it is still what was read; a fresh one at the next poll.
    """

    def __init__(
        self,
        files: Files,
        folder: str,
        *,
        is_theirs: Callable[[str, str], bool],
        content_type: Callable[[str], str],
        is_ended: Callable[[bytes], bool],
        archive: str = "",
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        self._files = files
        self._folder = folder
        self._is_theirs = is_theirs
        self._content_type = content_type
        self._is_ended = is_ended
        self._archive = archive
        self._quiet_seconds = quiet_seconds

    def close(self) -> None:
        self._files.close()

    def pages(self, feed: str, since: dict, until: datetime | None) -> Iterator[tuple[Page, None]]:
        """One page a file that is not in the cursor."""
        listed_at = time.monotonic()
        there = [f for f in self._files.list(self._folder) if self._is_theirs(feed, posixpath.basename(f.path))]
        known = since.get("files") or {}
        read = {file.shown: _stamp(file) for file in there if known.get(file.shown) == _stamp(file)}
        begins = moment(since.get("from"))
        for file in there:
            if file.shown in read or (begins and file.modified_at < begins) or (until and file.modified_at > until):
                continue
            content = self._whole(file, listed_at)
            if content is None:
                continue
            is_fresh = abs(datetime.now(UTC) - file.modified_at) < FRESH
            read[file.shown] = _stamp(file) + (" fresh" if is_fresh else "")
            yield Page(content, self._content_type(file.path), file.shown, cursor={"files": dict(read)}), None
            if self._archive and not is_fresh and self._is_still(file):
                self._files.rename(file.path, posixpath.join(self._archive, posixpath.basename(file.path)))

    def _whole(self, file: RemoteFile, listed_at: float) -> bytes | None:
        """The content; None while the file is being written, or when it is gone. All files of a poll wait together."""
        try:
            content = self._files.read(file.path)
        except Refused:
            if self._files.look(file.path) is None:  # renamed or taken away since it was listed
                return None
            raise
        if not self._is_ended(content):
            time.sleep(max(0.0, listed_at + self._quiet_seconds - time.monotonic()))
        if len(content) == file.size and self._is_still(file):
            return content
        logger.info("file is still being written", path=file.shown, size=file.size)
        return None

    def _is_still(self, file: RemoteFile) -> bool:
        now = self._files.look(file.path)
        return now is not None and _stamp(now) == _stamp(file)


def _stamp(file: RemoteFile) -> str:
    return f"{file.size}@{file.modified_at.isoformat()}"
