"""Files that change while they are read: left alone, read again, never moved away unread."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from crossdock.connectors.base import connector_for
from crossdock.connectors.files import FilesReader
from crossdock.connectors.standard.client import Folder
from crossdock.core.connections import Connection
from crossdock.transport.sftp import RemoteFile

OLD = 1_700_000_000


class Busy(Folder):
    """A folder in which a partner does something as soon as a file has been read."""

    def __init__(self, root: Path, deed) -> None:
        super().__init__(root)
        self._deed = deed

    def read(self, path: str) -> bytes:
        content = super().read(path)
        self._deed()
        return content


class Renaming(Busy):
    """The same, as soon as the files have been listed."""

    def list(self, folder: str) -> list[RemoteFile]:
        listed = super().list(folder)
        self._deed()
        self._deed = int
        return listed


def reader(files: Folder, **given) -> FilesReader:
    return FilesReader(
        files,
        "in",
        is_theirs=lambda feed, name: True,
        content_type=lambda path: "text/plain",
        is_ended=lambda content: content.endswith(b"."),
        quiet_seconds=0.05,
        **given,
    )


def poll(files: Folder, cursor: dict | None = None, **given) -> tuple[list[bytes], dict]:
    """Contents read, and the cursor afterwards."""
    pages = [page for page, _ in reader(files, **given).pages("orders", cursor or {}, None)]
    return [page.content for page in pages], pages[-1].cursor if pages else cursor or {}


@pytest.fixture
def put(tmp_path: Path):
    def write(content: bytes, at: float = OLD, name: str | bytes = "a") -> Path:
        (tmp_path / "in").mkdir(exist_ok=True)
        path = Path(os.fsdecode(os.fsencode(tmp_path / "in") + b"/" + os.fsencode(name)))
        path.write_bytes(content)
        os.utime(path, (at, at))
        return path

    return write


def test_a_file_that_grows_while_it_is_read_is_left_to_the_next_poll(tmp_path, put):
    put(b"one.")
    assert poll(Busy(tmp_path, lambda: put(b"one. two.", OLD + 1))) == ([], {})
    assert poll(Folder(tmp_path))[0] == [b"one. two."]


def test_a_file_that_is_taken_away_while_it_is_read_is_left_out(tmp_path, put):
    path = put(b"one.")
    assert poll(Busy(tmp_path, path.unlink)) == ([], {})


def test_a_file_that_is_renamed_after_it_was_listed_does_not_hold_up_the_others(tmp_path, put):
    """As programs do that write under a name of their own first."""
    written = put(b"one.", name="a.writing")
    put(b"two.", name="b")
    pages = reader(Renaming(tmp_path, lambda: written.rename(written.with_suffix("")))).pages("orders", {}, None)
    assert [page.content for page, _ in pages] == [b"two."]
    assert sorted(poll(Folder(tmp_path))[0]) == [b"one.", b"two."]


@pytest.mark.parametrize("name", ["a.part", "a.csv.tmp", "a.FILEPART"])
def test_a_name_may_say_that_a_file_is_still_being_written(tmp_path, put, name):
    put(b"one.", name=name)
    assert poll(Folder(tmp_path)) == ([], {})


def test_a_file_without_an_end_is_read_once_it_stands_still(tmp_path, put):
    put(b"one. tw")
    begun = time.monotonic()
    assert poll(Folder(tmp_path))[0] == [b"one. tw"]
    assert time.monotonic() - begun >= 0.05


def test_the_files_of_a_poll_wait_together(tmp_path, put):
    for number in range(8):
        put(b"tw", name=f"{number}")
    begun = time.monotonic()
    assert len(poll(Folder(tmp_path))[0]) == 8
    assert time.monotonic() - begun < 0.3


def test_a_change_within_the_same_second_at_the_same_size_is_seen(tmp_path, put):
    """A server tells whole seconds, so a file that was fresh when it was read is read once more."""
    now = datetime.now(UTC).timestamp()
    put(b"one.", now)
    first, cursor = poll(Folder(tmp_path))
    put(b"two.", now)
    second, cursor = poll(Folder(tmp_path), cursor)
    assert (first, second) == ([b"one."], [b"two."])
    put(b"two.")
    third, cursor = poll(Folder(tmp_path), cursor)
    assert third == [b"two."]
    assert poll(Folder(tmp_path), cursor)[0] == []


def test_what_was_replaced_before_it_could_be_archived_stays_and_is_read(tmp_path, put):
    put(b"one.")
    pages = reader(Folder(tmp_path), archive="done").pages("orders", {}, None)
    next(pages)
    path = put(b"two.", OLD + 1)
    assert list(pages) == []
    assert path.exists()
    assert poll(Folder(tmp_path), archive="done")[0] == [b"two."]
    assert not path.exists()
    assert (tmp_path / "done/a").read_bytes() == b"two."


def test_a_name_in_another_alphabet_is_read_and_shown(tmp_path, put):
    """Latin-1 on a server that keeps bytes: shown with an escape, and known again."""
    put(b"one.", name="Grün".encode("latin-1"))
    (page,) = (page for page, _ in reader(Folder(tmp_path)).pages("orders", {}, None))
    assert page.source_ref == "in/Gr\\xfcn"
    assert orjson.loads(orjson.dumps(page.cursor)) == page.cursor
    assert poll(Folder(tmp_path), page.cursor)[0] == []


def test_a_partner_may_say_how_long_its_files_must_stand_still(tmp_path, put):
    put(b"order_ref\n1", name="orders.csv")
    connection = Connection("m", conn_type="fs", extra={"path": str(tmp_path)})
    begun = time.monotonic()
    assert list(connector_for("standard", connection, {"folder": "in", "quiet_seconds": 0}).pages("orders", {}))
    assert time.monotonic() - begun < 1
