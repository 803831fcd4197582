"""Structured values as people read them: labelled fields and tables instead of JSON."""

from __future__ import annotations

from crossdock.desk import words


def node(value: object) -> dict:
    """`{text}`, `{fields: [(label, node)]}`, `{heads, rows}` or `{parts}`: what templates/_value.html draws."""
    if isinstance(value, dict):
        return {"fields": [(words.label(str(key)), node(part)) for key, part in value.items() if part is not None]}
    if isinstance(value, list):
        return _list(value)
    return {"text": words.text(value)}


def _list(values: list) -> dict:
    if not values:
        return {"text": "–"}
    if all(isinstance(value, dict) for value in values):
        keys = list(dict.fromkeys(key for value in values for key in value))
        return {
            "heads": [words.label(str(key)) for key in keys],
            "rows": [[node(value.get(key)) for key in keys] for value in values],
        }
    if not any(isinstance(value, dict | list) for value in values):
        return {"text": ", ".join(words.text(value) for value in values)}
    return {"parts": [node(value) for value in values]}
