"""Judge a table from outside by a contract: which rows break which rule, by the same rules as everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from crossdock.contracts.columns import TableColumns
from crossdock.contracts.model import Contract
from crossdock.contracts.rules import Rule, of_object
from crossdock.contracts.text import literal, name
from crossdock.core.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Table:
    """A table, its key and the types of its columns as Postgres spells them."""

    name: str
    key: str
    types: dict[str, str]


def describe(connection: psycopg.Connection, table: str) -> Table:
    """Look a table up. The key is its primary key, else its first column. Raises Misconfigured when it is not there."""
    found = connection.execute(
        "select attname, format_type(atttypid, null) from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        [table],
    ).fetchall()
    if not found:
        raise Misconfigured(f"there is no table {table}", hint="name it with its schema, as in public.orders")
    key = connection.execute(
        "select attname from pg_index join pg_attribute on attrelid = indrelid and attnum = indkey[0] "
        "where indrelid = to_regclass(%s) and indisprimary and indnkeyatts = 1",
        [table],
    ).fetchone()
    return Table(table, key[0] if key else found[0][0], dict(found))


def rules_for(contract: Contract, table: Table) -> list[Rule]:
    """The rules of the contract's record, on the table's columns. Raises Misconfigured when a column is not there."""
    missing = [p.name for p in contract.record.properties if p.name not in table.types]
    if missing:
        raise Misconfigured(
            f"{table.name} has no column {', '.join(missing)}", hint="a contract's properties are the table's columns"
        )
    quoted = name(*table.name.split("."))
    columns = TableColumns(quoted, table.types, table.key, system_type=contract.system_type)
    return of_object(contract.record, columns)


def verdict_sql(contract: Contract, table: Table, *, changed_since: tuple[str, str] | None = None) -> str:
    """The statement that names every broken rule of every row: (key, rule, field, value, reason, severity).

    `changed_since` is (column, value): only rows at or after it, which an index on the column makes cheap.
    """
    found = rules_for(contract, table)
    any_of = "\n    or ".join(rule.fails for rule in found)
    named = ",\n    ".join(
        f"({rule.fails}, {literal(rule.name)}, {literal(rule.field)}, {rule.value}, {rule.reason}, {literal(rule.severity)})"
        for rule in found
    )
    newer = f"x.{name(changed_since[0])} >= {literal(changed_since[1])} and " if changed_since else ""
    return f"""
select x.{name(table.key)}::text, v.rule, v.field, v.value, v.reason, v.severity
from {name(*table.name.split("."))} as x
cross join lateral (values
    {named}
) as v (fails, rule, field, value, reason, severity)
where {newer}({any_of}) and v.fails"""


def failing_rows(
    connection: psycopg.Connection, contract: Contract, table: str, *, changed_since: tuple[str, str] | None = None
) -> list[tuple]:
    """Every broken rule of every row of a table: (key, rule, field, value, reason, severity), by key."""
    return sorted(connection.execute(verdict_sql(contract, describe(connection, table), changed_since=changed_since)))
