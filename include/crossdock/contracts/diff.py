"""What changed between two versions of a contract, and whether who keeps the old one keeps the new one as well.

A change is compatible when every record that the old version let flow still flows and still means the same. What
breaks that needs a new major version, which then lives beside the old one until the partner has moved.
"""

from __future__ import annotations

from typing import NamedTuple

from crossdock.contracts.model import Contract, Property, SchemaObject
from crossdock.contracts.verdict import rules


class Change(NamedTuple):
    """One difference."""

    where: str
    what: str
    is_compatible: bool


def diff(old: Contract, new: Contract) -> list[Change]:
    """Every change that matters, in the order of the new contract."""
    before, after = ({schema.name: schema for schema in contract.schema_} for contract in (old, new))
    changes = [Change(name, "object removed", False) for name in before if name not in after]
    for name, schema in after.items():
        if name in before:
            changes += _object(old, new, before[name], schema)
        else:
            changes.append(Change(name, "object added", True))
    return changes


def _object(old: Contract, new: Contract, before: SchemaObject, after: SchemaObject) -> list[Change]:
    known = {p.name: p for p in before.properties}
    kept = {p.name: p for p in after.properties}
    changes = [Change(f"{before.name}.{name}", "property removed", False) for name in known if name not in kept]
    for name, p in kept.items():
        where = f"{after.name}.{name}"
        if name not in known:
            changes.append(Change(where, "property added" + (", required" if p.required else ""), not p.required))
        else:
            changes += _property(where, known[name], p)
    return changes + _rules(old, new, before, after)


def _property(where: str, before: Property, after: Property) -> list[Change]:
    changes = []
    if before.logicalType != after.logicalType:
        widened = (before.logicalType, after.logicalType) in (("integer", "number"), ("date", "timestamp"))
        changes.append(Change(where, f"type {before.logicalType} became {after.logicalType}", widened))
    if before.custom.get("path", before.name) != after.custom.get("path", after.name):
        changes.append(Change(where, "read from another place", False))
    if before.code_map != after.code_map:
        changes.append(Change(where, f"code map {before.code_map} became {after.code_map}", False))
    return changes


def _rules(old: Contract, new: Contract, before: SchemaObject, after: SchemaObject) -> list[Change]:
    """A new or changed error rule may stop what flowed; one that went or became a warning stops nothing."""
    known, kept = ({(r.name, r.field): r for r in rules(c, s)} for c, s in ((old, before), (new, after)))
    fields = {p.name for p in before.properties}
    changes = []
    for key, rule in kept.items():
        was = known.get(key)
        where = f"{after.name}.{rule.field}"
        if was is None and rule.field in fields:
            changes.append(Change(where, f"rule {rule.name} added ({rule.severity})", not rule.sets_aside))
        elif was is not None and (was.expectation, was.kwargs) != (rule.expectation, rule.kwargs):
            changes.append(Change(where, f"rule {rule.name} changed", not rule.sets_aside or _is_looser(was, rule)))
        elif was is not None and was.severity != rule.severity:
            changes.append(
                Change(where, f"rule {rule.name}: {was.severity} became {rule.severity}", not rule.sets_aside)
            )
    gone = [key for key in known if key not in kept and key[1] in {p.name for p in after.properties}]
    return changes + [Change(f"{after.name}.{field}", f"rule {name} removed", True) for name, field in gone]


def _is_looser(was, now) -> bool:
    """Whether a set only grew, or a range only widened."""
    if was.expectation != now.expectation:
        return False
    if "value_set" in was.kwargs and now.expectation.endswith("to_be_in_set"):
        return set(map(str, was.kwargs["value_set"])) <= set(map(str, now.kwargs["value_set"]))
    if {"min_value", "max_value"} & (was.kwargs.keys() | now.kwargs.keys()):
        low, high = ((was.kwargs.get(k), now.kwargs.get(k)) for k in ("min_value", "max_value"))
        return _wider(low, lambda a, b: b <= a) and _wider(high, lambda a, b: b >= a)
    return False


def _wider(pair: tuple, holds) -> bool:
    before, after = pair
    return after is None or (before is not None and holds(before, after))
