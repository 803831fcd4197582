"""Compile a contract to SQL: the verdict over claimed records, and the projection Great Expectations reads."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from crossdock.contracts.columns import PayloadColumns, has_type
from crossdock.contracts.load import load
from crossdock.contracts.model import Contract, Property, SchemaObject
from crossdock.contracts.projection import documents, layers
from crossdock.contracts.rules import FLAG, Rule, of_object
from crossdock.contracts.text import literal, name

TEMPLATE = Path(__file__).with_name("verdict.sql").read_text()
CLAIMED = "(select * from pg_temp.claimed where feed_id = any({feed_ids}))"


def rules(contract: Contract, schema: SchemaObject) -> list[Rule]:
    """Every rule on the rows of one object of a contract, warnings too."""
    return of_object(schema, PayloadColumns(contract.system_type))


def named_rule(rule: Rule) -> str:
    """One row of `values`: whether the rule is broken, and what to say if so."""
    words = (rule.fails, literal(rule.name), literal(rule.field), rule.value, rule.reason, literal(rule.severity))
    return f"({', '.join(words)})"


def _broken(contract: Contract, schema: SchemaObject) -> str | None:
    """A select of the rows that break a rule, one row a broken rule; the fields of the contract may have any names."""
    found = [rule for rule in rules(contract, schema) if rule.sets_aside]
    if not found:
        return None
    any_of = "\n        or ".join(rule.fails for rule in found)
    named = ",\n        ".join(map(named_rule, found))
    return f"""
    select x._record_id, x._feed_id, x._native_id, x._order_ref, x._part, v.rule, v.field, v.value, v.reason
    from ({layers(contract, schema)}) as x
    cross join lateral (values
        {named}
    ) as v (fails, rule, field, value, reason, severity)
    where ({any_of}) and v.fails"""


def compile_verdict(contract: Contract) -> str:
    """The statement that judges `pg_temp.claimed`; its one parameter is `feed_ids`."""
    branches = [branch for schema in contract.schema_ if (branch := _broken(contract, schema))]
    statement = TEMPLATE
    for key, text in {
        "documents": documents(contract, CLAIMED),
        "broken": "\n    union all".join(branches),
        "contract": literal(contract.ref),
    }.items():
        statement = statement.replace("{" + key + "}", text)
    return statement.replace("%", "%%").replace("{feed_ids}", "%(feed_ids)s")


@cache
def verdict_sql(ref: str) -> str:
    """The same by the contract's name, compiled once a process."""
    return compile_verdict(load(ref))


def text_column(p: Property) -> str:
    """The column of the projection that holds a property as it came."""
    return f"{p.name}__text" if has_type(p) else p.name


def projection_sql(contract: Contract, schema: SchemaObject, source: str) -> str:
    """What Great Expectations looks at: typed values under their names, and a yes-or-no column per flag rule."""
    columns = [f"x.{name(p.name + '__value')} as {name(p.name)}" for p in schema.properties if has_type(p)]
    texts = [f"x.{name(p.name)} as {name(text_column(p))}" for p in schema.properties]
    flags = [
        f"coalesce(not ({rule.fails}), true) as {name(rule.kwargs['column'])}"
        for rule in rules(contract, schema)
        if rule.expectation == FLAG and rule.kwargs["column"] != rule.field
    ]
    chosen = ",\n        ".join(["x._record_id", "x._feed_id", "x._part", "x._native_id", *columns, *texts, *flags])
    return (
        f"with documents as ({documents(contract, source)}\n)\nselect {chosen}\nfrom ({layers(contract, schema)}) as x"
    )
