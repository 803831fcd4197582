"""Who may do what to a case, from which page, and what is written down of it."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

import desk_story

pytestmark = pytest.mark.slow
FORMS = {
    "assign": {"to": "pia"},
    "note": {"text": "called the warehouse"},
    "dismiss": {"reason": "a test order"},
}
FOREIGN = ("lena", "fred", "cora", "vera")


@pytest.fixture(scope="module")
def story(modelled_for_module) -> desk_story.Story:
    """One database for all of these: each test makes its own case."""
    return desk_story.begin(modelled_for_module)


def last_event(story, case_id: int) -> tuple:
    return story.rows(
        """
        select event, actor, actor_kind, reason, data ->> 'front_end' from ops.case_events
        where case_id = %s order by event_id desc limit 1
        """,
        case_id,
    )[0]


def token_of(login: str, day: datetime) -> str:
    """A form's token, made without the product's code."""
    return hmac.new(desk_story.KEY, f"desk/{day:%Y-%m-%d}/{login}".encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("login", ["walt", "ada"])
@pytest.mark.parametrize("act", FORMS)
def test_the_queues_people_and_administrators_act(story, person, login, act):
    """Done, recorded with login and front end, and said on the page."""
    case_id = desk_story.add_case(story)
    answer = person(login).post(case_id, act, **FORMS[act])
    assert answer.status_code == 303, answer.text
    event, actor, kind, reason, front_end = last_event(story, case_id)
    assert (event, actor, kind, front_end) == (act, login, "person", "desk")
    assert next(iter(FORMS[act].values())) in reason
    assert 'role="status"' in person(login).get(answer.headers["location"].removeprefix("/desk")).text
    state, assignee = story.rows("select state, assignee from ops.cases where case_id = %s", case_id)[0]
    assert state == ("dismissed" if act == "dismiss" else "open")
    assert assignee == ("pia" if act == "assign" else None)


@pytest.mark.parametrize("login", FOREIGN)
@pytest.mark.parametrize("act", FORMS)
def test_people_of_other_queues_read_only(story, person, login, act):
    """The page offers them no form, and a form they send all the same is refused and changes nothing."""
    case_id = desk_story.add_case(story)
    someone = person(login)
    assert "<textarea" not in someone.get(f"/cases/{case_id}").text
    refused = someone.post(case_id, act, token=token_of(login, datetime.now(UTC)), **FORMS[act])
    assert refused.status_code == 403
    assert "it is for people of the queue warehouse" in refused.text
    assert last_event(story, case_id)[0] == "open"


def test_a_dismissed_case_is_reopened_with_a_reason(story, person):
    """By its people only, and only from there."""
    case_id = desk_story.add_case(story)
    walt = person("walt")
    assert walt.post(case_id, "reopen", reason="look again").status_code == 409
    walt.post(case_id, "dismiss", reason="a test order")
    assert (
        person("lena").post(case_id, "reopen", token=token_of("lena", datetime.now(UTC)), reason="x").status_code == 403
    )
    assert walt.post(case_id, "reopen", reason="").status_code == 409
    assert walt.post(case_id, "reopen", reason="look again").status_code == 303
    assert last_event(story, case_id)[:4] == ("reopen", "walt", "person", "look again")


@pytest.mark.parametrize(("act", "form"), [("dismiss", {"reason": "  "}), ("note", {"text": ""})])
def test_what_needs_words_gets_them(story, person, act, form):
    """No dismissal without a reason, no empty note."""
    case_id = desk_story.add_case(story)
    assert person("walt").post(case_id, act, **form).status_code == 409
    assert last_event(story, case_id)[0] == "open"


@pytest.mark.parametrize(
    ("form", "state", "chosen"),
    [
        ({"verdict": "approve", "chosen": "from_other_warehouse"}, "approved", "from_other_warehouse"),
        ({"verdict": "approve", "chosen": "split_later"}, "approved", "split_later"),
        ({"verdict": "reject", "chosen": "split_later", "reason": "too dear"}, "rejected", None),
    ],
)
def test_a_question_is_answered(story, person, form, state, chosen):
    """Approve as proposed, approve another candidate, reject with a reason; the case moves on."""
    case_id = desk_story.add_case(story)
    approval_id = desk_story.ask_approval(story, case_id, ["warehouse"])
    answer = person("walt").post(case_id, "answer", approval=str(approval_id), **form)
    assert answer.status_code == 303, answer.text
    row = story.rows(
        "select state, decided_by, front_end, chosen, reason from ops.approvals where approval_id = %s", approval_id
    )[0]
    assert row == (state, "walt", "desk", chosen, form.get("reason"))
    moved = story.rows("select state from ops.cases where case_id = %s", case_id)[0][0]
    assert moved == ("acting" if state == "approved" else "triaged")
    commands = story.rows("select command from ops.actions where case_id = %s and state = 'approved'", case_id)
    expected = {"from_other_warehouse": "sap_s4.set_delivery_quantity", "split_later": "sap_s4.set_promise"}
    assert commands == ([(expected[chosen],)] if chosen else [])


@pytest.mark.parametrize(
    ("login", "form", "status"),
    [
        ("fred", {"verdict": "approve"}, 403),
        ("vera", {"verdict": "approve"}, 403),
        ("pia", {"verdict": "approve"}, 403),
        ("walt", {"verdict": "reject"}, 409),
        ("walt", {"verdict": "perhaps"}, 409),
        ("walt", {"verdict": "approve", "chosen": "backorder"}, 409),
        ("walt", {"verdict": "approve", "approval": "0"}, 409),
    ],
)
def test_an_answer_that_may_not_count_leaves_the_question(story, person, login, form, status):
    """Another queue's people, the proposer, a rejection without a reason, what is ruled out, a stale page."""
    case_id = desk_story.add_case(story)
    approval_id = desk_story.ask_approval(story, case_id, ["warehouse"], proposed_by="Pia")
    token = token_of(login, datetime.now(UTC))
    given = {"approval": str(approval_id), "token": token} | form
    assert person(login).post(case_id, "answer", **given).status_code == status
    assert story.rows("select state from ops.approvals where approval_id = %s", approval_id) == [("waiting",)]


def test_who_may_answer_need_not_own_the_case(story, person):
    """A case of the warehouse may ask finance; finance answers and cannot dismiss."""
    case_id = desk_story.add_case(story)
    approval_id = desk_story.ask_approval(story, case_id, ["finance"])
    page = person("fred").get(f"/cases/{case_id}").text
    assert 'value="approve"' in page
    assert "dismiss-reason" not in page
    assert person("fred").post(case_id, "answer", approval=str(approval_id), verdict="approve").status_code == 303


def test_two_answers_at_once_count_once(story, person):
    """The second is told that it was answered."""
    case_id = desk_story.add_case(story)
    approval_id = desk_story.ask_approval(story, case_id, ["warehouse"])
    form = {"approval": str(approval_id), "verdict": "approve", "token": token_of("ada", datetime.now(UTC))}
    assert person("walt").post(case_id, "answer", approval=str(approval_id), verdict="approve").status_code == 303
    assert person("ada").post(case_id, "answer", **form).status_code in (403, 409)
    assert len(story.rows("select from ops.case_events where case_id = %s and event = 'approve'", case_id)) == 1


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "none"},
     {"origin": "https://evil.example"}, {"referer": "https://evil.example/desk/"}, {}],
)  # fmt: skip
def test_another_site_cannot_act(story, person, headers):
    """Even with a right token: the browser must say that the form was ours."""
    case_id = desk_story.add_case(story)
    assert person("walt").post(case_id, "note", headers=headers, text="x").status_code == 403
    assert last_event(story, case_id)[0] == "open"


def test_an_old_browser_names_its_origin(story, person):
    """Without Sec-Fetch-Site the origin must be this host."""
    case_id = desk_story.add_case(story)
    assert person("walt").post(case_id, "note", headers={"origin": "http://desk.test"}, text="x").status_code == 303


def test_a_form_belongs_to_its_reader_and_its_day(story, person):
    """No token, another's, or one of two days ago does not count; yesterday's does."""
    case_id = desk_story.add_case(story)
    walt, now = person("walt"), datetime.now(UTC)
    for token in ("", "x", "é", token_of("ada", now), token_of("walt", now - timedelta(days=2))):
        assert walt.post(case_id, "note", token=token, text="x").status_code == 403, token
    assert walt.post(case_id, "note", token=token_of("walt", now - timedelta(days=1)), text="x").status_code == 303


def test_reading_never_acts(story, person):
    """An act's address answers no GET, and no page changes a row."""
    case_id = desk_story.add_case(story)
    before = story.rows("select max(event_id) from ops.case_events")
    ada = person("ada")
    for act in (*FORMS, "answer", "reopen"):
        assert ada.get(f"/cases/{case_id}/{act}").status_code == 405
    for path in ("/", f"/cases/{case_id}", "/approvals", f"/trace?thread={desk_story.THREAD}"):
        assert ada.get(path).status_code == 200
    assert story.rows("select max(event_id) from ops.case_events") == before


def test_only_small_forms_are_read(story, person):
    """JSON is no form, and a flood is cut off."""
    case_id = desk_story.add_case(story)
    walt = person("walt")
    json = walt.send("POST", f"/cases/{case_id}/note", {"sec-fetch-site": "same-origin"}, json={"text": "x"})
    assert json.status_code == 400
    assert walt.post(case_id, "note", text="x" * 70_000).status_code == 413
    assert walt.post(case_id, "burn", text="x").status_code == 404
