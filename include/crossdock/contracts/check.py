"""Judge a table from outside by a contract: which rows break which rule, by the same rules as everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from crossdock.contracts.columns import TableColumns
from crossdock.contracts.model import Contract
from crossdock.contracts.rules import Rule, of_object
from crossdock.contracts.text import literal, name
from crossdock.contracts.verdict import named_rule
from crossdock.core.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its name in parts, its key, its columns' types in Postgres's words, and which are indexed."""

    name: tuple[str, ...]
    key: str
    types: dict[str, str]
    indexed: frozenset[str]


def describe(connection: psycopg.Connection, table: str) -> Table:
    """Look a table up. The key is its primary key, else its first column. Raises Misconfigured when it is not there."""
    found = connection.execute(
        "select attname, format_type(atttypid, null) from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        [table],
    ).fetchall()
    if not found:
        raise Misconfigured(f"there is no table {table}", hint="name it with its schema, as in public.orders")
    indexes = connection.execute(
        "select attname, indisprimary and indnkeyatts = 1 from pg_index "
        "join pg_attribute on attrelid = indrelid and attnum = indkey[0] where indrelid = to_regclass(%s)",
        [table],
    ).fetchall()
    key = next((column for column, is_key in indexes if is_key), found[0][0])
    return Table(tuple(table.split(".")), key, dict(found), frozenset(column for column, _ in indexes))


def rules_for(contract: Contract, table: Table, *, looks_up: bool = False) -> list[Rule]:
    """The rules of the contract's record, on the table's columns. Raises Misconfigured when a column is not there."""
    missing = [p.name for p in contract.record.properties if p.name not in table.types]
    if missing:
        raise Misconfigured(
            f"{'.'.join(table.name)} has no column {', '.join(missing)}",
            hint="a contract's properties are the table's columns",
        )
    columns = TableColumns(table.name, table.types, table.indexed, looks_up, contract.system_type)
    return of_object(contract.record, columns)


def verdict_sql(contract: Contract, table: Table, *, changed_since: tuple[str, str] | None = None) -> str:
    """The statement that names every broken rule of every row: (key, rule, field, value, reason, severity).

    A cheap test of the whole row comes first; rules are named only for the rows that fail it. `changed_since` is
    (column, value): only rows at or after it, which an index on the column makes cheap.
    """
    is_few = changed_since is not None
    any_of = "\n    or ".join(rule.fails for rule in rules_for(contract, table, looks_up=is_few))
    named = ",\n    ".join(map(named_rule, rules_for(contract, table, looks_up=True)))
    newer = f"x.{name(changed_since[0])} >= {literal(changed_since[1])} and " if changed_since else ""
    return f"""
select x.{name(table.key)}::text, v.rule, v.field, v.value, v.reason, v.severity
from {name(*table.name)} as x
cross join lateral (values
    {named}
) as v (fails, rule, field, value, reason, severity)
where {newer}({any_of}) and v.fails"""


def failing_rows(
    connection: psycopg.Connection, contract: Contract, table: str, *, changed_since: tuple[str, str] | None = None
) -> list[tuple]:
    """Every broken rule of every row of a table: (key, rule, field, value, reason, severity), by key."""
    return sorted(connection.execute(verdict_sql(contract, describe(connection, table), changed_since=changed_since)))
