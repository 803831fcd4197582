"""Records of one order stay together, whatever the size of a batch; a plan does not depend on the order of things."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crossdock.replay.batches import cut
from crossdock.replay.effects import Effects

threads = st.lists(st.sampled_from("abcdefgh"), max_size=3)
records = st.lists(threads, min_size=1, max_size=40).map(
    lambda given: [(number, 1, f"n{number % 25}", number // 5, list(t)) for number, t in enumerate(given, start=1)]
)


@given(records, st.integers(1, 10))
def test_every_record_once_and_no_thread_in_two_batches(chosen, at_once):
    """However they hang together; versions of one object stay together too."""
    batches = cut(chosen, None, at_once)
    assert sorted(r for batch in batches for r in batch.records) == [record[0] for record in chosen]
    where = {r: number for number, batch in enumerate(batches) for r in batch.records}
    by_name: dict[object, set[int]] = {}
    for record_id, _, native_id, _, names in chosen:
        for name in (*names, (native_id,)):
            by_name.setdefault(name, set()).add(where[record_id])
    assert all(len(found) == 1 for found in by_name.values())


@given(st.integers(1, 9))
def test_batches_are_no_larger_than_asked_unless_an_order_is(at_once):
    """Nine records of nine orders, and one order of five."""
    alone = [(number, 1, f"n{number}", 1, [f"t{number}"]) for number in range(1, 10)]
    family = [(number, 1, f"n{number}", 1, ["family"]) for number in range(10, 15)]
    sizes = [len(batch.records) for batch in cut([*alone, *family], None, at_once)]
    assert max(sizes) <= max(at_once, 5)


def test_read_again_each_document_goes_with_its_objects_and_once_more_for_the_rest():
    """Batches of records name their documents; the last ones read for what nobody chose."""
    chosen = [(1, 7, "a", 50, ["t"]), (2, 7, "b", 51, ["t"]), (3, 7, "c", 51, ["u"])]
    *made, rest = cut(chosen, [(50, 7), (51, 7), (52, 7)], 2)
    assert [(batch.records, batch.documents, batch.is_rest) for batch in made] == [
        ((1, 2), (50, 51), False),
        ((3,), (51,), False),
    ]
    assert (rest.documents, rest.is_rest) == ((50, 51, 52), True)
    assert rest.objects == {(7, "a"), (7, "b"), (7, "c")}


def test_a_plan_names_what_happens_and_nothing_else():
    """Order and internal numbers do not matter; a value, or whether it was sent before, does."""

    def effects(*items: tuple[str, dict]) -> Effects:
        made = Effects()
        for kind, item in items:
            made.note(kind, [item])
        return made

    row = {"model": "orders", "order": "o", "key": ["o"], "change": "changed", "columns": {"x": [1, 2]}}
    case = {"change": "open", "code": "c", "subject": "s", "order": "o", "title": "t", "case_id": 5}
    plan = effects(("rows", row), ("cases", case)).plan
    assert effects(("cases", case | {"case_id": 6, "title": "u"}), ("rows", row), ("rows", row)).plan == plan
    assert effects(("rows", row | {"columns": {"x": [1, 3]}}), ("cases", case)).plan != plan
    message = {"document_type": "855", "partner": "p", "order": "o", "key": "k", "already_sent": False, "state": "held"}
    again = message | {"already_sent": True}
    assert effects(("documents", message)).plan != effects(("documents", again)).plan
    assert effects(("documents", message)).counts["messages"] == 1
    assert effects(("documents", again)).counts["messages"] == 0
