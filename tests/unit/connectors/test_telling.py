"""What all commands share: declared, checked, and shown alike."""

from __future__ import annotations

import importlib

import pytest

from crossdock.connectors import telling
from crossdock.connectors.base import CommandKind, command_kinds, commands_for, system_types
from crossdock.core.connections import Connection
from crossdock.core.errors import Misconfigured


@pytest.mark.parametrize("system_type", [name for name in system_types() if command_kinds(name)])
def test_every_command_runs_and_is_undone_by_one_that_there_is(system_type):
    """Each declared command has its run; an undo is a command of the same system; a payload says a thing once."""
    kinds = command_kinds(system_type)
    module = importlib.import_module(f"crossdock.connectors.{system_type}.commands")
    assert set(module.RUNS) == set(kinds)
    for name, kind in kinds.items():
        assert kind.undo is None or kind.undo in kinds, name
        assert not set(kind.needs) & set(kind.may), name
        assert kind.doc.endswith("."), name


def test_a_system_that_only_reads_takes_no_commands():
    with pytest.raises(Misconfigured, match="takes no commands"):
        commands_for("standard", Connection("none"))


class Nowhere:
    closed = False

    def close(self):
        self.closed = True


@pytest.fixture
def told():
    kinds = {"paint": CommandKind("Paint it.", None, ("colour",), ("coats",))}
    runs = {"paint": lambda session, payload, key: {"painted": payload["colour"], "key": key}}
    return telling.Telling("house", kinds, runs, {"wall": lambda session, name: None}, Nowhere())


def test_a_payload_is_checked_before_anything_runs(told):
    assert told.do("paint", {"colour": "red", "coats": None}, idempotency_key="k") == {"painted": "red", "key": "k"}
    for payload in ({}, {"colour": None}, {"colour": "red", "size": 3}):
        with pytest.raises(Misconfigured, match="payload"):
            told.do("paint", payload, idempotency_key="k")
    with pytest.raises(Misconfigured, match="no command"):
        told.do("burn", {}, idempotency_key="k")
    assert told.read("wall", "1") is None
    told.close()
    assert told.session.closed


@pytest.mark.parametrize(
    ("given", "number", "money"),
    [("3", 3, "3.00"), ("2.50", 2.5, "2.50"), ("15.633333333", 15.633333333, "15.633333333"), (7, 7, "7.00"),
     ("129.000000000", 129, "129.00"), (None, None, None), ("", None, None), ("n/a", None, None)],
)  # fmt: skip
def test_quantities_are_numbers_and_amounts_are_texts(given, number, money):
    assert (telling.number(given), telling.money(given)) == (number, money)
    assert type(telling.number(given)) is type(number)
