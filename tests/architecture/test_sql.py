"""What a machine can check of the house style in SQL models."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from crossdock.core.settings import settings

MODELS = settings().dbt_dir / "models"
SQL_FILES = sorted(MODELS.rglob("*.sql"))
LANE_FOLDERS = ("staging", "canonical", "exceptions")
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
TEXT = re.compile(r"'[^']*'")
READS = re.compile(r"(\w+)\(\s*(ref|source)\(\s*'([^']+)'|\b(ref|source)\(\s*'([^']+)'")
KEYWORDS = re.compile(r"\b(SELECT|FROM|WHERE|JOIN|LEFT|GROUP BY|ORDER BY|WITH|CASE|WHEN|UNION|DISTINCT|AND|OR|AS)\b")
LONGEST_LINE = 160
PERSONAL = {
    "email",
    "phone",
    "street",
    "address",
    "postal_code",
    "first_name",
    "last_name",
    "customer_name",
    "recipient",
}


def ids(path: Path) -> str:
    return str(path.relative_to(MODELS))


def code(path: Path) -> str:
    """The model without its comments."""
    return COMMENT.sub("", path.read_text())


def in_lanes() -> list[Path]:
    return [path for path in SQL_FILES if path.relative_to(MODELS).parts[0] in LANE_FOLDERS]


def bare_reads(text: str) -> list[str]:
    """Relations read without touched(); ref.* holds small tables that belong to no thread and is read bare."""
    found = []
    for match in READS.finditer(text):
        wrapper, name = match[1], match[3] or match[5]
        kind = match[2] or match[4]
        if wrapper != "touched" and not (kind == "source" and name == "ref"):
            found.append(f"{kind}({name})")
    return found


def test_the_reader_of_bare_reads_sees_them():
    """The check below would notice a bare ref, and lets what is allowed pass."""
    assert bare_reads("select * from {{ ref('orders') }}") == ["ref(orders)"]
    assert bare_reads("from {{ source('ops', 'x') }}") == ["source(ops)"]
    assert bare_reads("{{ touched(ref('orders')) }} {{ touched(source('raw', 'r')) }}") == []
    assert bare_reads("{{ source('ref', 'feeds') }}") == []


@pytest.mark.parametrize("path", in_lanes(), ids=ids)
def test_every_import_goes_through_touched(path):
    """Both lanes run one set of models: each import can be narrowed to the touched keys."""
    assert bare_reads(code(path)) == []


@pytest.mark.parametrize("path", SQL_FILES, ids=ids)
def test_a_model_reads_like_prose(path):
    """Lower case, ends with `select * from final`, lines of bearable length."""
    text = code(path)
    assert KEYWORDS.findall(TEXT.sub("''", text)) == []
    assert text.rstrip().endswith("select * from final")
    assert [n for n, line in enumerate(path.read_text().splitlines(), 1) if len(line) > LONGEST_LINE] == []


@pytest.mark.parametrize("path", SQL_FILES, ids=ids)
def test_each_model_has_its_own_described_yaml(path):
    """One YAML a model, beside it, naming it and saying what a row is."""
    described = yaml.safe_load(path.with_suffix(".yml").read_text())["models"]
    assert [model["name"] for model in described] == [path.stem]
    assert described[0].get("description", "").strip()


@pytest.mark.parametrize("path", [p for p in SQL_FILES if ids(p).startswith(("canonical", "marts"))], ids=ids)
def test_every_column_of_what_others_read_is_described(path):
    """Canonical models and marts say what each column holds, and of which type it is."""
    columns = yaml.safe_load(path.with_suffix(".yml").read_text())["models"][0]["columns"]
    assert [c["name"] for c in columns if not c.get("description") or not c.get("data_type")] == []


@pytest.mark.parametrize("path", [p for p in SQL_FILES if ids(p).startswith("marts")], ids=ids)
def test_marts_hold_no_personal_data(path):
    """Nobody can be recognised in a mart: no name, address, mail, phone, no customer number."""
    columns = {c["name"] for c in yaml.safe_load(path.with_suffix(".yml").read_text())["models"][0]["columns"]}
    assert columns & PERSONAL == set()


@pytest.mark.parametrize("path", [p for p in SQL_FILES if ids(p).startswith("canonical")], ids=ids)
def test_canonical_knows_no_exception(path):
    """What an order is does not depend on what counts as wrong."""
    assert "exception" not in code(path)


def test_yaml_describes_only_models_that_exist():
    """No YAML outlives its model."""
    left = []
    for path in MODELS.rglob("*.yml"):
        models = (yaml.safe_load(path.read_text()) or {}).get("models", [])
        left += [m["name"] for m in models if not path.with_name(f"{m['name']}.sql").is_file()]
    assert left == []
