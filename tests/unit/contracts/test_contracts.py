"""Contract files: whole, readable, judged alike, and comparable between versions."""

from __future__ import annotations

import copy

import pytest
import yaml

from crossdock.contracts import docs
from crossdock.contracts.diff import diff
from crossdock.contracts.load import all_contracts, parse
from crossdock.contracts.memory import judge_payload
from crossdock.contracts.verdict import compile_verdict, rules
from crossdock.core.errors import Misconfigured
from crossdock.core.settings import settings

BASE = {
    "apiVersion": "v3.1.0", "kind": "DataContract", "id": "a.b", "version": "1.0.0", "status": "active",
    "schema": [{"name": "thing", "properties": [
        {"name": "id", "required": True},
        {"name": "qty", "logicalType": "integer"},
        {"name": "colour", "quality": [{"type": "custom", "engine": "greatExpectations", "implementation": {
            "type": "expect_column_values_to_be_in_set", "kwargs": {"value_set": ["red", "blue"]}}}]},
    ]}],
}  # fmt: skip


def contract(change=None, ref: str = "a/b.v1"):
    """The base contract, changed by a function on its first object."""
    given = copy.deepcopy(BASE)
    if change:
        change(given["schema"][0])
    return parse(yaml.safe_dump(given), ref)


@pytest.mark.parametrize("ref", [c.ref for c in all_contracts()])
def test_every_contract_of_the_project_is_whole(ref):
    """It compiles, says what it is for and who owns it, and every field has a meaning."""
    found = next(c for c in all_contracts() if c.ref == ref)
    assert compile_verdict(found)
    assert found.description["purpose"]
    assert found.team["name"]
    for schema in found.schema_:
        assert rules(found, schema)
        assert [p.name for p in schema.properties if not p.description] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "not YAML"),
        ("kind: DataContract", "breaks ODCS 3.1"),
        (yaml.safe_dump(BASE | {"surprise": 1}), "surprise"),
    ],
)
def test_what_is_no_contract_is_refused(text, says):
    """With the place."""
    with pytest.raises(Misconfigured, match=says):
        parse(text, "a/b.v1")


def test_two_rules_of_one_name_on_one_field_are_refused():
    """Their verdicts could not be told apart."""
    twice = contract(lambda o: o["properties"][2]["quality"].append(o["properties"][2]["quality"][0]))
    with pytest.raises(Misconfigured, match="two rules on colour are called in_set"):
        rules(twice, twice.record)


PATH = [{"property": "path", "value": ["q"]}]


def _rule(o):
    return o["properties"][2]["quality"][0]


def _colours(o):
    return _rule(o)["implementation"]["kwargs"]["value_set"]


def _set(o, index, **values):
    o["properties"][index].update(values)


@pytest.mark.parametrize(
    ("change", "what", "is_compatible"),
    [
        (lambda o: o["properties"].append({"name": "note"}), "property added", True),
        (lambda o: o["properties"].append({"name": "note", "required": True}), "property added, required", False),
        (lambda o: o["properties"].pop(2), "property removed", False),
        (lambda o: _set(o, 1, logicalType="number"), "type integer became number", True),
        (lambda o: _set(o, 1, logicalType="timestamp"), "type integer became timestamp", False),
        (lambda o: _set(o, 1, required=True), "rule present added (error)", False),
        (lambda o: _set(o, 0, required=False), "rule present removed", True),
        (lambda o: _colours(o).append("green"), "rule in_set changed", True),
        (lambda o: _colours(o).pop(), "rule in_set changed", False),
        (lambda o: _rule(o).update(severity="warning"), "rule in_set: error became warning", True),
        (lambda o: _set(o, 1, customProperties=PATH), "read from another place", False),
    ],
)  # fmt: skip
def test_what_a_new_version_may_change(change, what, is_compatible):
    """Compatible: every record that flowed still flows and means the same."""
    found = diff(contract(), contract(change, "a/b.v2"))
    assert (what, is_compatible) in [(c.what, c.is_compatible) for c in found]


def test_no_change_is_no_difference():
    """The same file twice."""
    assert diff(contract(), contract()) == []


def test_a_payload_is_judged_in_memory():
    """For samples: the same rules, no database."""
    assert judge_payload(contract(), {"id": "1", "qty": 2, "colour": "red"}, set()) == []
    assert judge_payload(contract(), {"qty": "2.5", "colour": "green"}, set()) == [
        ("", "present", "id", None), ("", "typed", "qty", "2.5"), ("", "in_set", "colour", "green"),
    ]  # fmt: skip


def test_the_reference_pages_are_those_of_the_files(tmp_path):
    """`crossdock contracts docs` was run after the last change."""
    kept = settings().project_dir / "docs" / "reference" / "contracts"
    for path in docs.write(all_contracts(), tmp_path):
        assert (kept / path.name).read_text() == path.read_text(), f"run crossdock contracts docs: {path.name} is old"
