"""Policies and playbooks: those of the package are whole, and a mistake is named by file, line and field."""

from __future__ import annotations

from datetime import timedelta

import pytest
import yaml

from crossdock.core.errors import Misconfigured
from crossdock.remediation.candidates import GENERATORS
from crossdock.remediation.playbooks import files as playbook_files
from crossdock.remediation.playbooks.files import playbook, playbooks
from crossdock.remediation.playbooks.model import Playbook
from crossdock.remediation.policies import files
from crossdock.remediation.policies.model import Approval, span
from crossdock.remediation.policies.store import content_hash
from crossdock.remediation.triage import modes

GOOD = """\
policy: mine
doc: Mine.
exceptions: [credit_hold]
playbooks: [release_credit]
approval:
  may_answer: [finance]
  always: true
"""


def written(folder, text: str, name: str = "mine.yaml"):
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("doc: Mine.", "dock: Mine.", "line 2, dock: Extra inputs"),
        ("  always: true", "  within: soon", "line 7, approval.within: Value error, write a number"),
        ("exceptions: [credit_hold]", "exceptions: []", "line 3, exceptions"),
        ("approval:", "patience: a while\napproval:", "line 5, patience: Value error, write a number"),
        ("policy: mine", "policy: mine\nmode: canary", "a canary, and nothing else, has a share"),
        ("doc: Mine.", "doc: [", "line"),
    ],
)
def test_a_mistake_is_named_by_line_and_field(tmp_path, was, becomes, said):
    """Whoever edits a policy is told where."""
    path = written(tmp_path, GOOD.replace(was, becomes))
    with pytest.raises(Misconfigured) as error:
        files.read_policy(path)
    assert str(path) in str(error.value)
    assert said in str(error.value) or f"line 2, doc: {said}" in str(error.value)


def test_two_active_policies_do_not_decide_one_exception(tmp_path):
    """A second is fine in the shadow."""
    written(tmp_path, GOOD)
    written(tmp_path, GOOD.replace("mine", "other") + "mode: shadow\n", "other.yaml")
    assert len(files.read_all(tmp_path)) == 2
    written(tmp_path, GOOD.replace("mine", "other"), "other.yaml")
    with pytest.raises(Misconfigured, match="credit_hold is decided by two active policies"):
        files.read_all(tmp_path)


def test_the_package_has_a_policy_for_each_of_its_playbooks():
    """No playbook lies about unused, and none is missing."""
    named = {name for policy in files.read_all() for name in policy.playbooks}
    assert named == set(playbooks())


def test_what_a_policy_names_must_be_there():
    """A misspelt queue, playbook or tier, or an exception that nobody decides, stops the load."""
    policies = files.read_all()
    codes = {code for policy in policies for code in policy.exceptions}
    queues = {"warehouse", "logistics", "finance", "compliance", "customer_service", "integration", "returns"}
    tiers = {"gold", "silver", "bronze"}
    files.check(policies, playbooks(), codes, queues, tiers)
    asks_of = policies[0].model_copy(update={"approval": Approval(may_answer=("finance",), tiers=("platinum",))})
    for broken in (
        (policies, playbooks(), codes, queues - {"finance"}, tiers),
        (policies, set(playbooks()) - {"correct_price"}, codes, queues, tiers),
        (policies, playbooks(), codes | {"flood"}, queues, tiers),
        (policies, playbooks(), codes - {"credit_hold"}, queues, tiers),
        (policies, playbooks(), codes, queues, tiers - {"silver"}),
        ([asks_of, *policies[1:]], playbooks(), codes, queues, tiers),
    ):
        with pytest.raises(Misconfigured):
            files.check(*broken)


def test_the_hash_follows_the_content_and_not_the_layout(tmp_path):
    """A comment makes no new version; a figure does."""
    plain = files.read_policy(written(tmp_path, GOOD))
    assert content_hash(files.read_policy(written(tmp_path, "# why\n" + GOOD))) == content_hash(plain)
    assert content_hash(files.read_policy(written(tmp_path, GOOD + "attempts: 3\n"))) != content_hash(plain)


def test_durations_are_business_time():
    """As Postgres takes them."""
    assert (span("4 hours"), span("1 day"), span("15 minutes")) == (
        timedelta(hours=4), timedelta(days=1), timedelta(minutes=15)
    )  # fmt: skip


def test_a_canary_gets_its_share_and_the_same_cases_each_time():
    """About a fifth of the cases, whichever run looks at them."""
    given = yaml.safe_load(GOOD)
    active = files.read_all()
    canary = type(active[0]).model_validate(given | {"mode": "canary", "share": "0.2"})
    loaded = [modes.Loaded(one, 1) for one in (*active, canary)]
    chosen = [modes.choose(loaded, "credit_hold", case_id) for case_id in range(1000)]
    share = sum(one.mode == "canary" for one in chosen)
    assert 150 < share < 250
    assert chosen == [modes.choose(loaded, "credit_hold", case_id) for case_id in range(1000)]
    assert all(len(one.beside) == 1 for one in chosen)


def changed(name: str, step: str, **fields: object) -> Playbook:
    given = playbook(name).model_dump()
    for part in given["steps"]:
        for one in part.get("steps", [part]):
            if one["name"] == step:
                one.update(fields)
    return Playbook.model_validate(given)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"command": "sap_s4.do_magic"}, "sap_s4 cannot be told to do_magic"),
        ({"payload": {"delivery": "1"}}, "lacks"),
        ({"payload": {"delivery": "1", "item": "1", "quantity": 1, "colour": "red"}}, "colour"),
    ],
)
def test_a_playbook_may_only_say_what_its_systems_understand(fields, said):
    """An unknown command or a wrong payload is found when it is loaded, not when it is sent."""
    with pytest.raises(Misconfigured, match=said):
        playbook_files.check(changed("reallocate_stock", "reduce", **fields))


def test_every_step_says_how_it_is_taken_back_or_why_not():
    """Neither, or both, is a mistake; so is an undo that the system does not know."""
    for fields in ({"undo": None}, {"no_undo": "Both."}):
        with pytest.raises(ValueError, match="say what takes it back"):
            changed("reallocate_stock", "reduce", **fields)
    undone = {"undo": {"payload": {"order": "1"}}, "no_undo": None}
    with pytest.raises(Misconfigured, match=r"nothing takes sap_s4\.release_credit back"):
        playbook_files.check(changed("release_credit", "release", **undone))


def test_every_playbook_has_its_generator():
    """And every generator its playbook."""
    assert {one.candidates for one in playbooks().values()} == set(GENERATORS)


@pytest.mark.parametrize(
    ("name", "code", "clears"),
    [
        ("reallocate_stock", "inventory_short_pick", True),
        ("tell_new_date", "open_past_promise", True),
        ("tell_new_date", "carrier_handover_late", False),
        ("service_desk", "order_incomplete", True),
        ("service_desk", "cancelled_after_shipping", False),
    ],
)
def test_facts_do_not_clear(name, code, clears):
    """What has happened stays so, whatever is done about it."""
    assert playbook(name).clears_exception(code) is clears
