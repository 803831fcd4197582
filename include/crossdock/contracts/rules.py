"""Great Expectations' rules, each with the SQL that says which rows break it.

A property's `required`, type, `unique`, `relationships` and `codeMap` are rules as well, so that nothing is written
twice. A rule knows two forms of its column: `text` (as it came) and `value` (in its type; null where the text is not
of the type, which is the rule `typed`'s business and nobody else's). As in Great Expectations, an absent value
breaks only `present`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from crossdock.contracts.columns import Columns
from crossdock.contracts.model import Property, Quality, SchemaObject
from crossdock.contracts.text import literal, sentence
from crossdock.core.errors import Misconfigured

TYPES_IN_WORDS = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "date": "a date",
    "timestamp": "a point in time",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule on one column. `fails` and `reason` are SQL expressions over the row."""

    name: str
    field: str
    severity: str
    expectation: str
    kwargs: dict = field(hash=False)
    fails: str
    reason: str
    value: str

    @property
    def sets_aside(self) -> bool:
        """Whether a row that breaks it is quarantined."""
        return self.severity == "error"


Built = tuple[str, str]
"""(fails, reason)"""


def _not_null(p: Property, c: Columns, _k: dict) -> Built:
    return f"{c.text(p)} is null", sentence(
        f"{p.label} is missing; ask the sender to give it, or correct it at the source"
    )


def _in_set(p: Property, c: Columns, k: dict) -> Built:
    allowed = ", ".join(literal(v) for v in k["value_set"])
    words = ", ".join(map(str, k["value_set"]))
    words = words if len(words) <= 120 else f"{words[:117]}..."
    return f"{c.text(p)} not in ({allowed})", sentence(f"{p.label} is %s, which is none of: {words}", c.text(p))


def _not_in_set(p: Property, c: Columns, k: dict) -> Built:
    refused = ", ".join(literal(v) for v in k["value_set"])
    return f"{c.text(p)} in ({refused})", sentence(f"{p.label} is %s, which is not allowed", c.text(p))


def _regex(p: Property, c: Columns, k: dict) -> Built:
    return (
        f"{c.text(p)} !~ {literal(k['regex'])}",
        sentence(f"{p.label} is %s, which does not look like one (expected pattern {k['regex']})", c.text(p)),
    )


def _not_regex(p: Property, c: Columns, k: dict) -> Built:
    return f"{c.text(p)} ~ {literal(k['regex'])}", sentence(f"{p.label} is %s, which looks wrong", c.text(p))


def _bounds(expression: str, p: Property, k: dict, render: Callable[[object], str]) -> str:
    conditions = []
    if k.get("min_value") is not None:
        conditions.append(f"{expression} {'<=' if k.get('strict_min') else '<'} {render(k['min_value'])}")
    if k.get("max_value") is not None:
        conditions.append(f"{expression} {'>=' if k.get('strict_max') else '>'} {render(k['max_value'])}")
    if not conditions:
        raise Misconfigured(f"rule on {p.name}: neither min_value nor max_value is given", hint="mend the contract")
    return " or ".join(conditions) if len(conditions) == 1 else f"({' or '.join(conditions)})"


def _range_in_words(k: dict) -> str:
    low, high = k.get("min_value"), k.get("max_value")
    least = f"{'more than' if k.get('strict_min') else 'at least'} {low}" if low is not None else ""
    most = f"{'less than' if k.get('strict_max') else 'at most'} {high}" if high is not None else ""
    return " and ".join(filter(None, (least, most)))


def _between(p: Property, c: Columns, k: dict) -> Built:
    fails = _bounds(c.value(p), p, k, lambda v: c.constant(p, v))
    return fails, sentence(f"{p.label} is %s; it must be {_range_in_words(k)}", c.text(p))


def _lengths(p: Property, c: Columns, k: dict) -> Built:
    fails = _bounds(f"length({c.text(p)})", p, k, literal)
    return fails, sentence(f"{p.label} is %s; its length must be {_range_in_words(k)}", c.text(p))


def _unique(p: Property, c: Columns, _k: dict) -> Built:
    return c.repeated(p), sentence(f"{p.label} %s occurs more than once", c.text(p))


COLUMN_RULES: dict[str, tuple[str, Callable[[Property, Columns, dict], Built]]] = {
    "expect_column_values_to_not_be_null": ("present", _not_null),
    "expect_column_values_to_be_in_set": ("in_set", _in_set),
    "expect_column_values_to_not_be_in_set": ("not_in_set", _not_in_set),
    "expect_column_values_to_match_regex": ("pattern", _regex),
    "expect_column_values_to_not_match_regex": ("not_pattern", _not_regex),
    "expect_column_values_to_be_between": ("between", _between),
    "expect_column_value_lengths_to_be_between": ("length", _lengths),
    "expect_column_values_to_be_unique": ("unique", _unique),
}
PAIR = "expect_column_pair_values_a_to_be_greater_than_b"
FLAG = "expect_column_values_to_be_in_set"


def _of_quality(owner: Property, columns: Columns, quality: Quality) -> Rule:
    name, build = COLUMN_RULES[quality.expectation]
    fails, reason = build(owner, columns, quality.kwargs)
    kwargs = {"column": owner.name, **quality.kwargs}
    return Rule(
        quality.name or name,
        owner.name,
        quality.severity,
        quality.expectation,
        kwargs,
        fails,
        reason,
        columns.text(owner),
    )


def _of_pair(schema: SchemaObject, columns: Columns, quality: Quality) -> Rule:
    later, earlier = (schema.property(quality.kwargs[key]) for key in ("column_A", "column_B"))
    operator = "<" if quality.kwargs.get("or_equal") else "<="
    words = "is before" if later.logicalType in ("date", "timestamp") else "is below"
    reason = sentence(
        f"{later.label} (%s) {words} {earlier.label} (%s); correct whichever is wrong at the source",
        columns.text(later),
        columns.text(earlier),
    )
    kwargs = {"ignore_row_if": "either_value_is_missing", **quality.kwargs}
    fails = f"{columns.value(later)} {operator} {columns.value(earlier)}"
    return Rule(quality.name or "order", later.name, quality.severity, PAIR, kwargs, fails, reason, columns.text(later))


def _flag(p: Property, columns: Columns, name: str, fails: str, reason: str) -> Rule:
    """A rule Great Expectations has no word for: it looks at a column of the projection that says yes or no."""
    kwargs = {"column": f"{p.name}__{name}", "value_set": [True]}
    return Rule(name, p.name, "error", FLAG, kwargs, fails, reason, columns.text(p))


def _typed(p: Property, columns: Columns) -> Iterator[Rule]:
    if p.logicalType in TYPES_IN_WORDS and columns.may_be_mistyped(p):
        fails = f"({columns.text(p)} is not null and {columns.value(p)} is null)"
        yield _flag(
            p,
            columns,
            "typed",
            fails,
            sentence(f"{p.label} is %s, which is not {TYPES_IN_WORDS[p.logicalType]}", columns.text(p)),
        )


def _mapped(p: Property, columns: Columns) -> Iterator[Rule]:
    if p.must_be_mapped:
        words = p.label if p.businessName else p.code_map.replace("_", " ")
        reason = sentence(
            f"{words} %s of partner %s has no mapping; add it to the code map, then release",
            columns.text(p),
            columns.partner,
        )
        yield _flag(p, columns, "mapped", columns.unmapped(p), reason)


def _referenced(p: Property, columns: Columns) -> Iterator[Rule]:
    for relationship in p.relationships:
        table, column = relationship["to"].rsplit(".", 1)
        fails = columns.dangling(p, table, column)
        yield _flag(p, columns, "referenced", fails, sentence(f"{p.label} %s is not in {table}", columns.text(p)))


def of_property(p: Property, columns: Columns) -> Iterator[Rule]:
    """Every rule on one property."""
    declared = [q for q in p.quality if q.type == "custom"]
    given = {q.expectation for q in declared}
    if p.required and "expect_column_values_to_not_be_null" not in given:
        declared = [Quality(implementation={"type": "expect_column_values_to_not_be_null"}), *declared]
    if p.unique and "expect_column_values_to_be_unique" not in given:
        declared.append(Quality(implementation={"type": "expect_column_values_to_be_unique"}))
    for quality in declared:
        if quality.expectation not in COLUMN_RULES:
            raise Misconfigured(
                f"rule on {p.name}: {quality.expectation} is not one that can judge a row",
                hint=f"use one of {', '.join(sorted(COLUMN_RULES))}",
            )
        yield _of_quality(p, columns, quality)
    yield from _typed(p, columns)
    yield from _mapped(p, columns)
    yield from _referenced(p, columns)


def of_object(schema: SchemaObject, columns: Columns) -> list[Rule]:
    """Every rule on the rows of one object. Raises Misconfigured for a rule that no row can be judged by."""
    rules = [rule for p in schema.properties for rule in of_property(p, columns)]
    for quality in schema.quality:
        if quality.expectation != PAIR:
            raise Misconfigured(
                f"rule on {schema.name}: {quality.expectation} must stand under a property", hint=f"here goes {PAIR}"
            )
        rules.append(_of_pair(schema, columns, quality))
    twice = [key for key, count in Counter((rule.name, rule.field) for rule in rules).items() if count > 1]
    if twice:
        name, field = twice[0]
        raise Misconfigured(
            f"{schema.name}: two rules on {field} are called {name}", hint="give one of them a name of its own"
        )
    return rules
