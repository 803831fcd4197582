"""The mapping language: every word of it, by example, and what it refuses."""

from __future__ import annotations

import pytest

from crossdock.connectors.standard.mapping import apply, mapping_of
from crossdock.core.errors import Misconfigured, Unparsable


def rows(mapping: dict, content: str, encoding: str = "utf-8") -> list[dict]:
    return list(apply(mapping_of(mapping), content.encode(encoding)))


def one(field: object, content: str, **more) -> object:
    """What the single field `f` of the first row becomes."""
    return rows({"records": [{"fields": {"f": field}}], **more}, content)[0].get("f")


def test_a_column_becomes_a_field():
    """By its name in the header, wherever it stands; a byte-order mark is no part of it."""
    assert one("b", "\ufeffa,b\n1,2\n") == "2"
    assert one("a", "\ufeffa,b\n1,2\n") == "1"


def test_a_constant_is_kept_as_it_is():
    """Number, text, truth."""
    assert one({"constant": 1}, "a\nx\n") == 1
    assert one({"constant": "BRL"}, "a\nx\n") == "BRL"


def test_one_row_gives_several_records_where_their_column_says_so():
    """A milestone that has not happened is no record."""
    mapping = {
        "records": [
            {"when": "packed", "fields": {"what": {"constant": "packed"}, "at": "packed"}},
            {"when": "sent", "fields": {"what": {"constant": "sent"}, "at": "sent"}},
        ]
    }
    assert rows(mapping, "packed,sent\n1,2\n3,\n") == [
        {"what": "packed", "at": "1"},
        {"what": "sent", "at": "2"},
        {"what": "packed", "at": "3"},
    ]


@pytest.mark.parametrize(
    ("form", "zone", "text", "instant"),
    [
        ("%Y-%m-%d %H:%M:%S", "America/Sao_Paulo", "2017-07-09 21:57:05", "2017-07-10T00:57:05+00:00"),
        ("%Y-%m-%d %H:%M:%S", "America/Sao_Paulo", "2018-01-09 21:57:05", "2018-01-09T23:57:05+00:00"),
        ("%d.%m.%Y", "Europe/Berlin", "01.03.2026", "2026-02-28T23:00:00+00:00"),
        ("%Y-%m-%dT%H:%M:%S%z", "Europe/Berlin", "2026-03-01T10:00:00+0500", "2026-03-01T05:00:00+00:00"),
        ("%Y-%m-%d %H:%M:%S", "America/Sao_Paulo", "2017-10-15 00:00:00", "2017-10-15T03:00:00+00:00"),
    ],
)
def test_a_local_time_becomes_an_instant(form, zone, text, instant):
    """With summer time, with its own offset, and in the hour that summer time skips."""
    assert one({"column": "t", "time": form, "zone": zone}, f"t\n{text}\n") == instant


def test_a_time_that_is_none_is_left_for_the_contract_to_name():
    """Never guessed, never dropped."""
    assert one({"column": "t", "time": "%Y-%m-%d"}, "t\n31/12/2026\n") == "31/12/2026"


def test_each_column_may_have_its_own_zone_and_the_partner_has_one():
    """The column's wins."""
    fields = {"a": {"column": "a", "time": "%Y-%m-%d"}, "b": {"column": "b", "time": "%Y-%m-%d", "zone": "UTC"}}
    found = rows({"zone": "Asia/Tokyo", "records": [{"fields": fields}]}, "a,b\n2026-03-01,2026-03-01\n")[0]
    assert found == {"a": "2026-02-28T15:00:00+00:00", "b": "2026-03-01T00:00:00+00:00"}


def test_a_composite_key_is_several_columns_joined():
    """Absent where one of them is."""
    field = {"columns": ["a", "b"], "join": "-"}
    assert one(field, "a,b\n1,2\n") == "1-2"
    assert one(field, "a,b\n1,\n") is None


def test_null_tokens_are_nothing():
    """And an empty text always is."""
    assert one("a", "a,b\nNULL,1\n", null_tokens=["NULL"]) is None
    assert one("a", "a,b\n,1\n") is None
    assert one("a", "a,b\nNULL,1\n") == "NULL"


def test_dialects_are_read():
    """Semicolons, quotes, line breaks in a field, another encoding."""
    assert one("a", 'a;b\n"x;\ny";2\n', delimiter=";") == "x;\ny"
    mapping = mapping_of({"encoding": "cp1252", "records": [{"fields": {"f": "a"}}]})
    assert list(apply(mapping, "a\nPéssimo\n".encode("cp1252"))) == [{"f": "Péssimo"}]


def test_a_row_of_another_width_is_kept_for_the_contract():
    """It has no field, so that it is set aside, and its neighbours go on."""
    found = rows({"records": [{"fields": {"f": "a"}}]}, "a,b\n1,2\n3\n\n4,5\n")
    assert found == [{"f": "1"}, {"malformed_line": 3, "values": ["3"]}, {"f": "4"}]


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"x,y\n1,2\n", "no column a"), (b"", "no column a"), (b"a\n\xff\n", "not utf-8-sig"), (b'a\n"', None)],
)
def test_a_file_that_cannot_be_read_says_why(content, says):
    """A missing column is named; so is a byte."""
    mapping = mapping_of({"records": [{"fields": {"f": "a"}}]})
    if says is None:
        assert list(apply(mapping, content)) in ([], [{}])
        return
    with pytest.raises(Unparsable, match=says):
        list(apply(mapping, content))


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({"records": []}, "records"),
        ({"records": [{"fields": {"f": {}}}]}, "one of column, columns and constant"),
        ({"records": [{"fields": {"f": {"column": "a", "constant": 1}}}]}, "one of column"),
        ({"records": [{"fields": {"f": {"column": "a", "zone": "Mars/Olympus"}}}]}, "no time zone"),
        ({"records": [{"fields": {"f": "a"}}], "encoding": "klingon"}, "no encoding"),
        ({"records": [{"fields": {"f": "a"}}], "script": "x"}, "script"),
    ],
)
def test_a_mapping_that_is_none_is_refused(mapping, says):
    """With the place and the reason."""
    with pytest.raises(Misconfigured, match=says):
        mapping_of(mapping)


def test_it_streams():
    """The first record is there before the last row is read."""
    content = b"a\n" + b"1\n" * 1_000_000
    assert next(apply(mapping_of({"records": [{"fields": {"f": "a"}}]}), content)) == {"f": "1"}
