"""From JSON payloads to typed columns, in one pass over each payload.

`jsonb_to_record` reads the top-level keys that any rule needs at once, so that a large payload is fetched and
unpacked once instead of once per field. A payload that is not an object has no fields: every required one is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from crossdock.contracts.columns import has_type, typed
from crossdock.contracts.model import Contract, Property, SchemaObject
from crossdock.contracts.text import literal, name

OWN = ("_record_id", "_feed_id", "_partner_id", "_native_id", "_at", "_order_ref")
"""What every projected row carries beside the contract's own columns."""


def steps_of(path: object) -> list:
    """The steps of a path; `$.lines[*]` and a bare name are steps as well."""
    if isinstance(path, list):
        return path
    return str(path).removeprefix("$.").removesuffix("[*]").split(".")


def _jsonpath(steps: list) -> str:
    """A jsonpath of the steps below the top-level key."""
    words = []
    for step in steps:
        if isinstance(step, dict):
            ((key, pattern),) = step.items()
            words.append(f"[*] ? (@.{json.dumps(key)} like_regex {json.dumps(pattern + '$')})")
        else:
            words.append(f"[{step}]" if isinstance(step, int) else f".{json.dumps(step)}")
    return "$" + "".join(words)


def paths_of(element: Property | SchemaObject) -> list[object]:
    """Where an element sits: its `path` (else its own name), then its `orElse` for where that is empty."""
    paths = [element.custom.get("path", element.name)]
    return [*paths, element.custom["orElse"]] if "orElse" in element.custom else paths


def keys(elements: Iterable[Property | SchemaObject]) -> dict[str, str]:
    """Top-level keys to read, each with the type to read it in."""
    found: dict[str, str] = {}
    for element in elements:
        also = [[key] for key in element.custom.get("also", ())]
        for path in [*paths_of(element), *also]:
            key, *below = steps_of(path)
            as_text = not below and isinstance(element, Property)
            found[key] = "text" if as_text and found.get(key, "text") == "text" else "jsonb"
    return found


def _record_definition(found: dict[str, str]) -> str:
    return ", ".join(f"{name(key)} {kind}" for key, kind in found.items()) or '"" text'


def _read(p: Property, found: dict[str, str], alias: str) -> str:
    """SQL for the text of a property; an empty text counts as absent."""
    tries = [_read_path(path, found, alias) for path in paths_of(p)]
    text = tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})"
    return f"nullif(regexp_replace({text}, {literal(p.custom['strip'])}, ''), '')" if "strip" in p.custom else text


def _read_path(path: object, found: dict[str, str], alias: str) -> str:
    key, *below = steps_of(path)
    column = f"{alias}.{name(key)}"
    if any(not isinstance(step, str) for step in below):
        inner = f"jsonb_path_query_first({column}, {literal(_jsonpath(below))}) #>> '{{}}'"
    elif below or found[key] == "jsonb":
        inner = f"{column} #>> array[{', '.join(map(literal, below))}]::text[]"
    else:
        inner = column
    return f"nullif({inner}, '')"


def _array(part: SchemaObject, alias: str) -> str:
    """SQL for the elements of a part's array (then of the arrays in `also`), in their order."""
    key, *below = steps_of(paths_of(part)[0])
    array = f"{alias}.{name(key)}"
    if also := part.custom.get("also"):
        array = " || ".join(f"coalesce({alias}.{name(other)}, '[]')" for other in (key, *also))
    return (
        f"jsonb_path_query({array}, {literal('lax ' + _jsonpath(below) + '[*]')}) with ordinality as p (item, ordinal)"
    )


def _as_object(expression: str) -> str:
    return f"case when jsonb_typeof({expression}) = 'object' then {expression} else '{{}}' end"


def documents(contract: Contract, source: str) -> str:
    """A select with one row a record: our own columns and the top-level keys. `source` gives (record_id, feed_id)."""
    found = keys([*contract.record.properties, *contract.parts])
    order_ref = _read(contract.order_ref, found, "d") if contract.order_ref else "null::text"
    return f"""
    select r.record_id as _record_id, r.feed_id as _feed_id, f.partner_id as _partner_id, r.native_id as _native_id,
        coalesce(r.changed_at, r.landed_at) as _at, {order_ref} as _order_ref, d.*
    from {source} as c
    join raw.records as r on r.record_id = c.record_id
    join ref.feeds as f on f.feed_id = r.feed_id
    cross join lateral jsonb_to_record({_as_object("r.payload")}) as d ({_record_definition(found)})"""


def _texts(schema: SchemaObject, found: dict[str, str], alias: str) -> str:
    return ", ".join(f"{_read(p, found, alias)} as {name(p.name)}" for p in schema.properties)


def _texts_of_record(contract: Contract) -> str:
    own = ", ".join(f"d.{column}" for column in OWN)
    found = keys([*contract.record.properties, *contract.parts])
    return f"select {own}, '' as _part, {_texts(contract.record, found, 'd')} from documents as d"


def _texts_of_part(part: SchemaObject) -> str:
    own = ", ".join(f"d.{column}" for column in OWN)
    found = keys(part.properties)
    return (
        f"select {own}, {literal(part.name + '/')} || p.ordinal as _part, {_texts(part, found, 'i')} "
        "from documents as d "
        f"cross join lateral {_array(part, 'd')} "
        f"cross join lateral jsonb_to_record({_as_object('p.item')}) as i ({_record_definition(found)})"
    )


def layers(contract: Contract, schema: SchemaObject) -> str:
    """A select with one row a record or part: texts under their names, typed values as `<name>__value`.

    `offset 0` keeps Postgres from repeating the casts in every rule that looks at them.
    """
    texts = _texts_of_record(contract) if schema.is_record else _texts_of_part(schema)
    values = [
        f"{typed(p, f't.{name(p.name)}')} as {name(p.name + '__value')}" for p in schema.properties if has_type(p)
    ]
    if not schema.is_record:
        counted = [p for p in schema.properties if p.unique]
        values += [
            f"count(t.{name(p.name)}) over (partition by t._record_id, t.{name(p.name)}) as {name(p.name + '__count')}"
            for p in counted
        ]
    return f"select t.*{''.join(', ' + value for value in values)} from ({texts}) as t offset 0"
