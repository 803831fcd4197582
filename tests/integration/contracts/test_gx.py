"""Great Expectations, the row verdicts and the check without a database say the same of the same rows."""

from __future__ import annotations

import subprocess
import sys

import orjson
import pytest
import yaml

from crossdock.contracts import load as loader
from crossdock.contracts import verdict
from crossdock.contracts.api import Disagreement, check_batch
from crossdock.contracts.load import parse
from crossdock.contracts.memory import judge_payload
from crossdock.contracts.memory import parse as parse_payload
from crossdock.core.settings import Settings


def rule(kind: str, severity: str = "error", name: str | None = None, **kwargs) -> dict:
    quality = {
        "type": "custom",
        "engine": "greatExpectations",
        "severity": severity,
        "implementation": {"type": kind, "kwargs": kwargs},
    }
    return quality | ({"name": name} if name else {})


def prop(name: str, kind: str = "string", *quality: dict, **more) -> dict:
    custom = [{"property": key, "value": value} for key, value in more.pop("custom", {}).items()]
    return {"name": name, "logicalType": kind, "quality": list(quality), "customProperties": custom, **more}


BETWEEN = "expect_column_values_to_be_between"
PAIR = "expect_column_pair_values_a_to_be_greater_than_b"
EVERY_RULE = {
    "apiVersion": "v3.1.0", "kind": "DataContract", "id": "every.rule", "version": "1.0.0", "status": "active",
    "schema": [
        {
            "name": "thing",
            "properties": [
                prop("id", "string", required=True),
                prop("colour", "string", rule("expect_column_values_to_be_in_set", value_set=["red", "blue"])),
                prop("shape", "string", rule("expect_column_values_to_not_be_in_set", value_set=["blob"])),
                prop("code", "string", rule("expect_column_values_to_match_regex", regex=r"^[A-Z]{2}\d+$")),
                prop("note", "string", rule("expect_column_values_to_not_match_regex", regex=r"\d{16}")),
                prop("zip", "string", rule("expect_column_value_lengths_to_be_between", min_value=5, max_value=5)),
                prop("qty", "number", rule("expect_column_values_to_be_between", min_value=0, max_value=100)),
                prop("rate", "number", rule("expect_column_values_to_be_between", min_value=0, strict_min=True)),
                prop("count", "integer"),
                prop("flag", "boolean"),
                prop("start", "timestamp", rule(BETWEEN, min_value="2020-01-01T00:00:00Z")),
                prop("end", "timestamp"),
                prop("unit", "string", custom={"codeMap": "uom", "ownCodes": ["EA"]}),
                prop("soft", "number", rule("expect_column_values_to_be_between", "warning", min_value=0)),
            ],
            "quality": [rule(PAIR, name="forward", column_A="end", column_B="start", or_equal=True)],
        },
        {
            "name": "lines",
            "customProperties": [{"property": "path", "value": ["items", "list"]}],
            "properties": [prop("number", "string", unique=True, required=True), prop("qty", "number", required=True)],
        },
    ],
}  # fmt: skip

GOOD = {
    "id": "1", "colour": "red", "shape": "cube", "code": "AB1", "note": "fine",
    "zip": "12345", "qty": "1.50",
    "rate": 0.5,
    "count": 3, "flag": True, "start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:00:00+00:00",
    "unit": "CS", "soft": 1,
    "items": {"list": [{"number": "1", "qty": 1}, {"number": "2", "qty": "2"}]},
}  # fmt: skip
BAD = {
    "nothing": {},
    "missing": {"id": None},
    "set": {"colour": "green"},
    "not_set": {"shape": "blob"},
    "regex": {"code": "ab1"},
    "not_regex": {"note": "card 4111111111111111"},
    "length": {"zip": "1234"},
    "low": {"qty": -1},
    "high": {"qty": "100.01"},
    "strict": {"rate": 0},
    "number": {"qty": "many"},
    "huge": {"qty": "1e20"},
    "integer": {"count": "3.5"},
    "boolean": {"flag": "yes"},
    "time": {"start": "tomorrow"},
    "early": {"start": "2019-12-31T23:59:59Z"},
    "backward": {"end": "2025-12-31T23:00:00Z"},
    "unmapped": {"unit": "BOX"},
    "own": {"unit": "EA"},
    "warning": {"soft": -1},
    "twice": {"items": {"list": [{"number": "1", "qty": 1}, {"number": "1", "qty": 1}]}},
    "line": {"items": {"list": [{"number": "1", "qty": 1}, {"qty": "x"}, {}, 7]}},
    "no_lines": {"items": None},
    "much": {"colour": "green", "zip": "1", "qty": "-5", "unit": "?"},
}


@pytest.fixture
def every(desk, tmp_path, monkeypatch):
    """A feed under a contract that uses every kind of rule."""
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "every.v1.yaml").write_text(yaml.safe_dump(EVERY_RULE))
    monkeypatch.setattr(Settings, "expectations_dir", tmp_path)
    loader.load.cache_clear()
    verdict.verdict_sql.cache_clear()
    made = desk("test/every.v1")
    made.map("uom", "CS")
    yield made
    loader.load.cache_clear()


def test_three_ways_of_judging_agree(every, database, tmp_path):
    """For every rule type, on good and bad rows: verdict SQL, Great Expectations and memory name the same rows."""
    payloads = {"good": GOOD} | {name: GOOD | changes for name, changes in BAD.items()} | {"empty": {}}
    every.judge(*(every.land(name, payload) for name, payload in payloads.items()))
    contract = loader.load("test/every.v1")
    in_memory = {
        (name, *verdict)
        for name, payload in payloads.items()
        for verdict in judge_payload(contract, parse_payload(orjson.dumps(payload)), {("uom", "CS")})
    }
    assert {tuple(row) for row in every.verdicts()} == in_memory
    every.connection.commit()
    done = check_batch(database["app"], tmp_path / "docs")
    assert [(row["object"], row["disagreements"]) for row in done] == [("thing", 0), ("lines", 0)]
    assert done[0]["failed"]["between(soft)"] == 1
    rules_hit = {verdict[2] for verdict in every.verdicts()}
    assert rules_hit == {
        "present", "in_set", "not_in_set", "pattern", "not_pattern", "length", "between", "typed", "mapped", "forward",
        "unique",
    }  # fmt: skip
    assert (tmp_path / "docs" / "index.html").is_file()


def test_good_rows_give_no_verdict_anywhere(every):
    """A code that is ours needs no map; an order without lines is whole."""
    assert (
        every.judge(
            every.land("a", GOOD), every.land("b", GOOD | {"unit": "EA"}), every.land("c", GOOD | {"items": None})
        )
        == 0
    )


def test_a_verdict_that_is_lost_is_found(every, database, tmp_path):
    """If the row verdicts ever missed a row, the batch lane says so; nothing is hidden."""
    every.judge(every.land("bad", GOOD | {"colour": "green"}))
    every.connection.execute("delete from ops.quarantine")
    every.connection.commit()
    with pytest.raises(Disagreement, match="1 rows"):
        check_batch(database["app"], tmp_path / "docs")


def test_only_what_is_new_is_checked(every, database, tmp_path):
    """The watermark moves; where nothing is new the newest are shown again."""
    every.judge(*(every.land(str(number), GOOD | {"id": str(number)}) for number in range(3)))
    every.connection.commit()
    assert check_batch(database["app"], tmp_path / "docs")[0]["rows"] == 3
    every.judge(every.land("4", GOOD | {"id": "4"}))
    every.connection.commit()
    assert check_batch(database["app"], tmp_path / "docs")[0]["rows"] == 1
    assert check_batch(database["app"], tmp_path / "docs")[0]["rows"] == 4


def test_a_misspelt_expectation_is_refused_not_dropped():
    """Great Expectations drops what it does not know; we do not."""
    from crossdock.contracts.verdict import rules
    from crossdock.core.errors import Misconfigured

    broken = yaml.safe_load(yaml.safe_dump(EVERY_RULE))
    broken["schema"][0]["properties"][1]["quality"][0]["implementation"]["type"] = "expect_column_values_to_be_in_sett"
    contract = parse(yaml.safe_dump(broken), "test/broken.v1")
    with pytest.raises(Misconfigured, match="in_sett"):
        rules(contract, contract.record)


def test_every_contract_of_the_project_makes_whole_suites():
    """No rule is dropped on the way to Great Expectations."""
    from crossdock.contracts.gx import suite
    from crossdock.contracts.verdict import rules

    loader.load.cache_clear()
    for contract in loader.all_contracts():
        for schema in contract.schema_:
            found = rules(contract, schema)
            assert len(suite(contract, schema, found).expectations) == len(found)


def test_the_fast_lane_never_imports_great_expectations():
    """It costs seconds before any row is read."""
    code = (
        "import sys, crossdock.contracts, crossdock.lanes.lane; "
        "sys.exit(bool({'great_expectations', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
