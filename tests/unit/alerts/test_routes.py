"""What a file of routes may say, and how a wrong one is refused."""

from __future__ import annotations

import copy

import pytest
import yaml

from crossdock.alerts import compose, routes
from crossdock.alerts.events import EVENTS
from crossdock.alerts.mask import masked
from crossdock.core.errors import Misconfigured
from crossdock.core.settings import settings

GOOD = {
    "version": 3,
    "routes": {"warehouse": {"kind": "business", "audience": {"queue": "warehouse"}, "channel": "mail_warehouse"}},
}


def load(tmp_path, change=None, **route):
    given = copy.deepcopy(GOOD) | (change or {})
    given["routes"]["warehouse"] |= route
    file = tmp_path / "routes.yaml"
    file.write_text(yaml.safe_dump(given))
    return routes.load(file)


def test_the_routes_that_come_with_the_product_are_sound():
    """Ours load, and every queue of the catalogue has a route of its own."""
    told = {route.audience.queue for route in routes.load().routes.values()}
    assert told >= {"warehouse", "logistics", "finance", "compliance", "customer_service", "integration", "returns"}


def test_a_version_is_what_the_file_means(tmp_path):
    """Layout and defaults written out do not make another version; another window does."""
    one = load(tmp_path)
    assert load(tmp_path, window="60m").hash == one.hash
    assert load(tmp_path, window="61m").hash != one.hash


@pytest.mark.parametrize(
    ("route", "says"),
    [
        ({"channel": "mailto://user:pw@example.com"}, "channel"),
        ({"audience": {"queue": "warehouse", "role": "Op"}}, "exactly one"),
        ({"events": ["case_exploded"]}, "unknown: case_exploded"),
        ({"events": ["circuit_open"]}, "not of kind business"),
        ({"digest": {"every": "30m", "daily": "07:00"}}, "not both"),
        ({"digest": {"daily": "7 o'clock"}}, "hours and minutes"),
        ({"quiet": {"from": "08:00", "until": "08:00"}}, "leave some time"),
        ({"zone": "Mars/Olympus"}, "IANA"),
        ({"window": "soon"}, "30m"),
        ({"carries_chain_head": True}, "daily digest"),
        ({"password": "hunter2"}, "password"),
        ({"escalate": [{"to": {"person": "assignee"}, "channel": "mail"}]}, "somebody in particular"),
    ],
)
def test_a_wrong_route_is_refused_by_the_name_of_the_field(tmp_path, route, says):
    """The message names the file and what is wrong with which field."""
    with pytest.raises(Misconfigured, match=says) as refused:
        load(tmp_path, **route)
    assert "routes.yaml" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ask anna.b@example.com today", "ask *** today"),
        ("call +49 (0)30 1234-5678 now", "call *** now"),
        ("call (030) 1234567", "call ***"),
        ("at https://anna:pw@example.com/x", "at https://***@example.com/x"),
        ("token: abc123", "token: ***"),
        (
            "order 4500012345, delivery 80000017, 2026-11-20 10:30",
            "order 4500012345, delivery 80000017, 2026-11-20 10:30",
        ),
    ],
)
def test_persons_and_secrets_are_masked_and_orders_are_not(text, left):
    """Mail addresses, telephone numbers and credentials go; order numbers and times stay."""
    assert masked(text) == left


def test_the_page_shows_a_file_that_loads_and_names_every_event(tmp_path):
    """docs/how-to/route-alerts.md: its example is sound, and no event is missing from its table."""
    page = (settings().project_dir / "docs/how-to/route-alerts.md").read_text()
    (tmp_path / "routes.yaml").write_text(page.split("```yaml\n")[1].split("```")[0])
    route = routes.load(tmp_path / "routes.yaml").routes["warehouse"]
    assert [step.when for step in route.escalate] == ["unanswered", "sla_passed"]
    assert [name for name in EVENTS if f"`{name}`" not in page] == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_language_has_words_for_everything(language):
    """Every event, severity and state of a case can be said."""
    words = compose.words(language)
    states = {
        "open",
        "triaged",
        "awaiting_approval",
        "acting",
        "verifying",
        "resolved",
        "reopened",
        "closed",
        "dismissed",
    }
    assert (set(words["events"]), set(words["severities"]), set(words["states"])) == (
        set(EVENTS),
        set(routes.SEVERITIES),
        states,
    )
