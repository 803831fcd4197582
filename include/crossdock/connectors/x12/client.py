"""Reading the mailbox: every file that is new or has changed, oldest first, one file a page."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator
from datetime import datetime

from crossdock.connectors.base import Page
from crossdock.connectors.payload import moment
from crossdock.connectors.x12.settings import X12Settings
from crossdock.transport.sftp import Mailbox, RemoteFile

CONTENT_TYPE = "application/edi-x12"


class MailboxReader:
    """Pages of one mailbox. The cursor is the list of files that are there and were read, with size and time.

    A file is moved to the archive only after its page was landed: asking for the next page says that it was.
    """

    def __init__(self, files: Mailbox, settings: X12Settings) -> None:
        self._files = files
        self._settings = settings

    def close(self) -> None:
        self._files.close()

    def pages(self, feed: str, since: dict, until: datetime | None) -> Iterator[tuple[Page, None]]:
        """One page a file that is not in the cursor."""
        there = [file for file in self._files.list(self._settings.folder) if self._is_ours(file)]
        known = since.get("files") or {}
        read = {file.path: _stamp(file) for file in there if known.get(file.path) == _stamp(file)}
        begins = moment(since.get("from"))
        for file in there:
            if file.path in read or (begins and file.modified_at < begins) or (until and file.modified_at > until):
                continue
            content = self._files.read(file.path)
            read[file.path] = _stamp(file)
            yield Page(content, CONTENT_TYPE, file.path, cursor={"files": dict(read)}), None
            if self._settings.archive:
                target = posixpath.join(self._settings.archive, posixpath.basename(file.path))
                self._files.rename(file.path, target)

    def _is_ours(self, file: RemoteFile) -> bool:
        name = posixpath.basename(file.path)
        return not name.startswith(".") and fnmatch.fnmatch(name, self._settings.files)


def _stamp(file: RemoteFile) -> str:
    return f"{file.size}@{file.modified_at.isoformat()}"
