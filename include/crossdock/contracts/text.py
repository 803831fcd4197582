"""Pieces of SQL text: quoted names, quoted values, sentences made by the database."""

from __future__ import annotations

from psycopg import sql


def literal(value: object) -> str:
    """A value as an SQL literal; a backslash or a quote in it stays what it is."""
    return sql.Literal(value).as_string(None).strip()


def name(*parts: str) -> str:
    """A quoted identifier, dotted where several parts are given."""
    return sql.Identifier(*parts).as_string(None)


def sentence(template: str, *arguments: str) -> str:
    """An SQL expression giving the sentence; each `%s` of the template is filled by an SQL expression, quoted."""
    pieces = template.split("%s")
    if len(pieces) == 1:
        return literal(template)
    shown = [f"coalesce(quote_literal(left({argument}, 200)), 'nothing')" for argument in arguments]
    joined = literal(pieces[0])
    for argument, piece in zip(shown, pieces[1:], strict=True):
        joined = f"{joined} || {argument} || {literal(piece)}"
    return f"({joined})"
