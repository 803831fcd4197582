"""What an installation remembers."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from crossdock.core.errors import Misconfigured
from crossdock.stack.state import load, only_one, prepare


def test_a_secret_is_generated_once_and_kept(tmp_path: Path):
    """A second process reads the same secret that the first one made."""
    first = prepare(tmp_path / "home").secret("postgres")
    assert prepare(tmp_path / "home").secret("postgres") == first
    assert len(first) >= 24


def test_ports_are_chosen_once_and_differ(tmp_path: Path):
    """Every name has a port of its own, the same next time."""
    state = prepare(tmp_path / "home")
    chosen = {name: state.port(name) for name in ("airflow", "postgres", "inbox", "lab")}
    assert len(set(chosen.values())) == 4
    assert load(tmp_path / "home").ports() == dict(sorted(chosen.items()))


def test_nobody_else_can_read_the_secrets(tmp_path: Path):
    """The file is the owner's alone; others may pass through the home, where Postgres lives, and see nothing."""
    state = prepare(tmp_path / "home")
    state.secret("postgres")
    assert stat.S_IMODE(state.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.home.stat().st_mode) == 0o711
    assert stat.S_IMODE((state.home / "logs").stat().st_mode) == 0o700


def test_a_damaged_file_is_named(tmp_path: Path):
    """Half a file is an error with a hint, not a new set of passwords for an old database."""
    (tmp_path / "state.json").write_text('{"port.airflow": ')
    with pytest.raises(Misconfigured, match="damaged") as caught:
        load(tmp_path)
    assert caught.value.hint


def test_two_commands_at_once_are_refused(tmp_path: Path):
    """`up` in one terminal and `down` in another do not mix."""
    home = prepare(tmp_path / "home").home
    with only_one(home), pytest.raises(Misconfigured, match="another"), only_one(home):
        pass
