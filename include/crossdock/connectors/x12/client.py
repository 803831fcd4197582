"""Reading the mailbox: every file of it is of the one feed."""

from __future__ import annotations

import fnmatch
import re

from crossdock.connectors.files import FilesReader
from crossdock.connectors.x12.settings import X12Settings
from crossdock.transport.sftp import Mailbox

CONTENT_TYPE = "application/edi-x12"
TRAILER = re.compile(rb"IEA[^A-Za-z0-9\s]\d+[^A-Za-z0-9\s]\d+\W*\Z")
TAIL = 200
"""Bytes at the end of a file in which its last IEA must begin."""


def mailbox_reader(files: Mailbox, settings: X12Settings) -> FilesReader:
    """A reader of the open mailbox; hidden files are not read, whatever the pattern says."""
    return FilesReader(
        files,
        settings.folder,
        is_theirs=lambda feed, name: not name.startswith(".") and fnmatch.fnmatch(name, settings.files),
        content_type=lambda path: CONTENT_TYPE,
        is_ended=lambda content: TRAILER.search(content[-TAIL:]) is not None,
        archive=settings.archive,
        quiet_seconds=settings.quiet_seconds,
    )
