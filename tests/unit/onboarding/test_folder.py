"""Scaffold a partner from its samples, prove it, without a database."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from crossdock.core.errors import Misconfigured, Unparsable
from crossdock.core.settings import settings
from crossdock.onboarding import conformance
from crossdock.onboarding.folder import find, read
from crossdock.onboarding.scaffold import scaffold

ORDERS = """order_number;customer;order_status;order_date;shipped_on;due_date;qty
A1;C1;open;2026-03-01 10:00:00;;2026-03-08 00:00:00;1
A2;C2;sent;2026-03-02 11:00:00;2026-03-03 09:00:00;2026-03-09 00:00:00;2
"""
ITEMS = "order_number,position,article,qty,price\nA1,1,X-1,1,9.99\nA2,1,X-2,2,19.98\n"


@pytest.fixture
def samples(tmp_path: Path) -> list[Path]:
    files = [tmp_path / "orders_20260301.csv", tmp_path / "order_items_20260301.csv"]
    for file, text in zip(files, (ORDERS, ITEMS), strict=True):
        file.write_text(text)
    return files


def fill_in(folder: Path) -> None:
    """What a person does: say what each word means."""
    codes = folder / "code_maps.csv"
    codes.write_text(codes.read_text().replace(",?", ",shipped"))


def test_a_scaffold_is_a_partner_that_proves_itself_once_its_codes_are_filled_in(tmp_path, samples):
    """Feeds, columns, times and keys are guessed and said; codes are asked for, never guessed."""
    folder = tmp_path / "new-shop"
    said = scaffold(folder, samples, zone="Europe/Berlin")
    partner = read(folder)
    assert set(partner.feeds) == {"orders", "order_lines", "milestones"}
    orders = partner.feeds["orders"].mapping
    fields = orders.records[0].fields
    assert (fields["order_ref"].column, fields["ordered_at"].column, fields["promised_at"].column) == (
        "order_number", "order_date", "due_date",
    )  # fmt: skip
    assert fields["ordered_at"].time == "%Y-%m-%d %H:%M:%S"
    assert orders.delimiter == ";"
    assert partner.feeds["orders"].files == "orders_*.csv"
    assert any("wait for ours" in line for line in said)
    assert any("'sent' waits for our code" in problem for problem in conformance.check(partner).problems)
    fill_in(folder)
    assert conformance.check(read(folder)).problems == []


def test_a_code_without_a_map_is_a_problem_of_the_sample(tmp_path, samples):
    """Take one code out of the map: the report names it."""
    folder = tmp_path / "new-shop"
    scaffold(folder, samples)
    fill_in(folder)
    codes = folder / "code_maps.csv"
    codes.write_text("\n".join(line for line in codes.read_text().splitlines() if ",sent," not in line))
    outcome = conformance.check(read(folder))
    assert any("breaks rule mapped of status" in problem for problem in outcome.problems)
    assert "| mapped | status | sent | 1 |" in conformance.render([outcome])


def test_scaffolding_over_a_partner_is_refused(tmp_path, samples):
    """Nothing is overwritten."""
    scaffold(tmp_path / "new-shop", samples)
    with pytest.raises(Misconfigured, match="holds a partner already"):
        scaffold(tmp_path / "new-shop", samples)


def test_a_sample_without_a_header_is_refused(tmp_path):
    """With its name."""
    (tmp_path / "x.csv").write_text("")
    with pytest.raises(Unparsable, match=r"x\.csv has no header"):
        scaffold(tmp_path / "p", [tmp_path / "x.csv"])


def test_two_folders_of_one_partner_are_refused(tmp_path, samples):
    """Both are named."""
    for name in ("a", "b"):
        scaffold(tmp_path / name, samples)
        path = tmp_path / name / "partner.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"partner": "same"}))
    with pytest.raises(Misconfigured, match="two folders are partner same"):
        find([tmp_path])


def test_every_partner_that_ships_is_read():
    """Data only, with contracts that exist."""
    from crossdock.contracts.load import load

    for partner in find(settings().partner_dirs):
        for feed in partner.feeds:
            assert load(partner.contract(feed)).feed_type == partner.feed_type(feed)
