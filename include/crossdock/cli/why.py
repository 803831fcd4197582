"""`crossdock why`: the decisions about a case, questioned."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import orjson
import typer

from crossdock.db.connect import connect
from crossdock.remediation.why import Counterfactual, explained

TURNED = ("counterfactuals", "together")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(why)


def why(
    case_id: Annotated[int, typer.Argument(help="The case, as in `crossdock cases list`.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON, with the inputs and every plan.")] = False,
) -> None:
    """Say how a case was decided: candidates, what ruled each out, scores, inputs, and what would have changed it."""
    with connect("why") as connection:
        decisions = explained(connection, case_id)
    if as_json:
        shown = [one | {name: list(map(asdict, one[name])) for name in TURNED} for one in decisions]
        print(orjson.dumps(shown, default=str, option=orjson.OPT_INDENT_2).decode())
        return
    for decision in decisions:
        print("\n".join(_lines(decision)))


def _lines(decision: dict) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in decision["inputs"]["playbooks"].items())
    at = f"{decision['decided_as_of']:%Y-%m-%d %H:%M}"
    lines = [
        f"decision {decision['decision_id']} · attempt {decision['attempt']} · {at} (business time)",
        f"  policy {decision['policy_id']} v{decision['policy_version']} ({decision['mode']}), playbooks {versions}",
        f"  {decision['outcome']}: {decision['reason']}",
        "  candidates:",
        *(line for one in decision["candidates"] for line in _candidate(one, decision["chosen"])),
        "  inputs:",
        *(f"    {name}: {value}" for name, value in _inputs(decision["inputs"]["facts"])),
    ]
    if decision["inputs"].get("difference"):
        pairs = decision["inputs"]["difference"].items()
        lines += ["  beside the decision that counts:", *(f"    {name}: {a} → {b}" for name, (a, b) in pairs)]
    return [*lines, *_turning(decision)]


def _candidate(one: dict, chosen: str | None) -> list[str]:
    mark = "→" if one["name"] == chosen else " "
    head = f"  {mark} {one['name']} ({one['playbook']}): score {one['score']}, cost {one['cost']}"
    late = f", {one['days_late']} days past the promise" if one["days_late"] else ""
    return [f"{head}{late}, confidence {one['confidence']}", *(f"      not: {why}" for why in one["excluded_by"])]


def _inputs(facts: dict) -> list[tuple[str, object]]:
    """The figures that decisions turn on, in a line each."""
    order, line = facts.get("order") or {}, facts.get("line") or {}
    named = ("ref", "value", "currency_code", "customer_tier", "promised_at", "is_regulated")
    stock = {
        one["warehouse_code"]: f"{one['available_qty']} (promised {one['promised_qty']})"
        for one in facts["stock"]
        if one["sku"] == line.get("sku")
    }
    shown = [("as of", facts["now"]), *((f"order {name}", order.get(name)) for name in named)]
    shown += [(f"case {name}", value) for name, value in facts["case"]["evidence"].items()]
    shown += [(f"stock of {line.get('sku')} at {code}", held) for code, held in stock.items()]
    return [(name, value) for name, value in shown if value is not None]


def _turning(decision: dict) -> list[str]:
    rival = decision["runner_up"]
    if rival is None:
        return ["  there was no other candidate", *_because(decision)]
    if decision["counterfactuals"]:
        return [f"  {rival} would have won with", *map(_change, decision["counterfactuals"])]
    if decision["together"]:
        return [f"  {rival} would have won with all of", *map(_change, decision["together"])]
    return [f"  nothing of stock, promise, tier, goods issue, billing, quantity or rates makes {rival} win"]


def _because(decision: dict) -> list[str]:
    return [f"    {decision['reason']}"] if decision["outcome"] in ("person", "wait") else []


def _change(one: Counterfactual) -> str:
    return f"    {one.name} {one.would_be} instead of {one.was}"
