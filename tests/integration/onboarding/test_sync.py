"""Partner folders to `ref`: ids are kept, what left is closed, what changed re-queues only what it touches."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from crossdock.core.errors import Misconfigured
from crossdock.core.settings import settings
from crossdock.onboarding.load import sync

PARTNER = {
    "partner": "shop-one", "name": "Shop one", "system_type": "shopify", "role": "shop", "connection": "shop_one",
    "owner": "e-commerce", "feeds": {"orders": {"every": "60s"}, "inventory_levels": {"every": "5m"}},
}  # fmt: skip


def write(folder: Path, codes: str = "", **changes) -> Path:
    """A partner folder."""
    folder.mkdir(exist_ok=True)
    (folder / "partner.yaml").write_text(yaml.safe_dump(PARTNER | changes))
    (folder / "code_maps.csv").write_text("kind,their_code,our_code,valid_from,valid_to\n" + codes)
    return folder


def maps(connection) -> list[tuple]:
    return connection.execute(
        "select kind, their_code, our_code, valid_to = 'infinity' from ref.code_map "
        "where partner_id = 'shop-one' order by 1, 2, 3"
    ).fetchall()


def test_the_projects_own_partners_are_taken_over(app):
    """Every folder that ships is a partner, with its feeds and codes; twice changes nothing."""
    first = sync(app, settings().partner_dirs)
    assert len(first.partners) == 7
    assert first.codes_added > 100
    second = sync(app, settings().partner_dirs)
    assert (second.codes_added, second.codes_closed, second.requeued) == (0, 0, 0)


def test_ids_are_kept_and_a_feed_that_left_becomes_inactive(app, tmp_path):
    """Its records remain."""
    sync(app, [write(tmp_path / "p")])
    before = dict(app.execute("select feed, feed_id from ref.feeds").fetchall())
    sync(app, [write(tmp_path / "p", name="Renamed", feeds={"orders": {"every": "2m"}})])
    after = app.execute("select feed, feed_id, is_active, settings from ref.feeds order by feed").fetchall()
    assert [(feed, feed_id == before[feed], active) for feed, feed_id, active, _ in after] == [
        ("inventory_levels", True, False), ("orders", True, True),
    ]  # fmt: skip
    assert after[1][3] == {"every_seconds": 120}
    assert app.execute("select name, settings ->> 'connection' from ref.partners").fetchone() == ("Renamed", "shop_one")


def test_a_changed_code_closes_the_old_and_begins_the_new(app, tmp_path):
    """Nothing is overwritten."""
    sync(app, [write(tmp_path / "p", "sku,A,SKU-1\nsku,B,SKU-2\n")])
    sync(app, [write(tmp_path / "p", "sku,A,SKU-9\n")])
    assert maps(app) == [("sku", "A", "SKU-1", False), ("sku", "A", "SKU-9", True), ("sku", "B", "SKU-2", False)]
    assert sync(app, [write(tmp_path / "p", "sku,A,SKU-9\n")]).codes_added == 0


def test_a_map_that_a_person_made_is_left_alone(app, tmp_path):
    """The folder closes only what came from it."""
    sync(app, [write(tmp_path / "p")])
    app.execute(
        "insert into ref.code_map (system_type, partner_id, kind, their_code, our_code, approved_by) "
        "values ('shopify', 'shop-one', 'sku', 'H', 'SKU-3', 'ann')"
    )
    sync(app, [write(tmp_path / "p")])
    assert maps(app) == [("sku", "H", "SKU-3", True)]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"feeds": {"nothing": {}}}, "no contract shopify/nothing.v1"),
        ({"settings": {"password": "x"}}, "secrets and hosts"),
        ({"surprise": 1}, "surprise"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"feeds": {"orders": {"every": "soon"}}}, "60s"),
    ],
)
def test_what_is_wrong_is_named(app, tmp_path, changes, says):
    """Before anything is written."""
    with pytest.raises(Misconfigured, match=says):
        sync(app, [write(tmp_path / "p", **changes)])


def test_code_in_a_partner_folder_is_refused(app, tmp_path):
    """A partner is data."""
    folder = write(tmp_path / "p")
    (folder / "fix.py").write_text("")
    with pytest.raises(Misconfigured, match="contains code"):
        sync(app, [folder])


def test_one_code_with_two_meanings_is_refused(app, tmp_path):
    """The file and both meanings are named."""
    with pytest.raises(Misconfigured, match=r"'SKU-.' and 'SKU-.'"):
        sync(app, [write(tmp_path / "p", "sku,A,SKU-1\nsku,A,SKU-2\n")])
