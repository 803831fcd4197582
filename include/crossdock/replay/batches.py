"""Cutting a replay into batches: an order's records stay together, so that a batch alone shows what happens to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

AT_ONCE = 400
"""Records of a batch: the lane is held for about a second. Those of one order are never divided."""
DOCUMENTS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction takes. `objects` (feed, native id): whose versions the documents are read for."""

    records: tuple[int, ...]
    documents: tuple[int, ...] = ()
    objects: frozenset[tuple[int, str]] = frozenset()
    is_rest: bool = False
    """The documents are read for what is not among `objects`: what they name and nobody chose as a record."""


@dataclass(slots=True)
class _Group:
    records: list[int] = field(default_factory=list)
    documents: set[int] = field(default_factory=set)
    objects: set[tuple[int, str]] = field(default_factory=set)


def cut(
    records: Iterable[tuple[int, int, str, int, list[str]]],
    documents: Iterable[tuple[int, int]] | None,
    at_once: int = AT_ONCE,
) -> list[Batch]:
    """Batches of about `at_once` records; `documents` None: the records are not read again."""
    records = list(records)
    made = list(_packed(_groups(records), at_once, reads=documents is not None))
    if documents is None:
        return made
    known = frozenset((feed_id, native_id) for _, feed_id, native_id, _, _ in records)
    ids = [document_id for document_id, _ in documents]
    starts = range(0, len(ids), DOCUMENTS_AT_ONCE)
    return [*made, *(Batch((), tuple(ids[at : at + DOCUMENTS_AT_ONCE]), known, is_rest=True) for at in starts)]


def _packed(groups: Iterable[_Group], at_once: int, *, reads: bool) -> Iterator[Batch]:
    waiting = _Group()
    for group in groups:
        if waiting.records and len(waiting.records) + len(group.records) > at_once:
            yield _batch(waiting, reads=reads)
            waiting = _Group()
        waiting.records += group.records
        waiting.documents |= group.documents
        waiting.objects |= group.objects
    if waiting.records:
        yield _batch(waiting, reads=reads)


def _batch(group: _Group, *, reads: bool) -> Batch:
    documents = tuple(sorted(group.documents)) if reads else ()
    return Batch(tuple(sorted(group.records)), documents, frozenset(group.objects) if reads else frozenset())


def _groups(records: list[tuple[int, int, str, int, list[str]]]) -> list[_Group]:
    """Records that share a thread, directly or by way of others, in the order of their first."""
    leader: dict[object, object] = {}

    def find(name: object) -> object:
        while (above := leader.setdefault(name, name)) != name:
            leader[name] = name = leader[above]
        return name

    for _, feed_id, native_id, _, threads in records:
        for thread in threads:
            leader[find(thread)] = find((feed_id, native_id))
    groups: dict[object, _Group] = {}
    for record_id, feed_id, native_id, document_id, _ in records:
        group = groups.setdefault(find((feed_id, native_id)), _Group())
        group.records.append(record_id)
        group.documents.add(document_id)
        group.objects.add((feed_id, native_id))
    return list(groups.values())
