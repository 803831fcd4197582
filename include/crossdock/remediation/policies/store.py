"""Policies in ops.policies: a new version when the content changes, and no version ever rewritten."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg
from psycopg.types.json import Jsonb

from crossdock.core.errors import Misconfigured
from crossdock.remediation.policies.model import Policy


@dataclass(frozen=True, slots=True)
class Loaded:
    """A policy with the version it has in the database."""

    policy: Policy
    version: int


@dataclass
class Synced:
    """What a sync wrote: `name v<version>` each."""

    added: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)


def content_hash(policy: Policy) -> str:
    """The same for the same policy, however its file is laid out."""
    text = json.dumps(policy.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def sync(connection: psycopg.Connection, policies: Iterable[Policy], by: str) -> Synced:
    """Write what is new, in the caller's transaction. A policy whose file is gone gets a last version, retired."""
    done, given = Synced(), {policy.policy: policy for policy in policies}
    connection.execute("select pg_advisory_xact_lock(hashtextextended('ops.policies', 0))")
    known = {row[0]: row[1:] for row in connection.execute(_NEWEST).fetchall()}
    for name, policy in given.items():
        version, mode, digest, _ = known.get(name, (0, "retired", "", None))
        if mode == "retired" or digest != content_hash(policy):
            _add(connection, policy, version + 1, policy.mode, by)
            done.added.append(f"{name} v{version + 1}")
    for name, (version, mode, _, content) in known.items():
        if name not in given and mode != "retired":
            _add(connection, Policy.model_validate(content), version + 1, "retired", by)
            done.retired.append(f"{name} v{version + 1}")
    return done


_NEWEST = """
    select distinct on (policy_id) policy_id, version, mode, content_hash, content
    from ops.policies
    order by policy_id, version desc
"""


def _add(connection: psycopg.Connection, policy: Policy, version: int, mode: str, by: str) -> None:
    connection.execute(
        """
        insert into ops.policies (policy_id, version, mode, content, content_hash, loaded_by)
        values (%s, %s, %s, %s, %s, %s)
        """,
        [policy.policy, version, mode, Jsonb(policy.model_dump(mode="json")), content_hash(policy), by],
    )


def current(connection: psycopg.Connection) -> list[Loaded]:
    """The newest version of every policy that is not retired, the active ones first. Raises Misconfigured if none."""
    rows = connection.execute(_NEWEST).fetchall()
    loaded = [Loaded(Policy.model_validate(row[4]), row[1]) for row in rows if row[2] != "retired"]
    if not loaded:
        raise Misconfigured("no policy is loaded", hint="run `crossdock policy sync`")
    return sorted(loaded, key=lambda one: (one.policy.mode != "active", one.policy.policy))


def of_decision(connection: psycopg.Connection, decision_id: int) -> Loaded:
    """The very version that a decision was made by."""
    row = connection.execute(
        """
        select p.content, p.version
        from ops.decisions as d join ops.policies as p using (policy_id)
        where d.decision_id = %s and p.version = d.policy_version
        """,
        [decision_id],
    ).fetchone()
    if row is None:
        raise Misconfigured(f"there is no decision {decision_id}", hint="see `crossdock why <case>`")
    return Loaded(Policy.model_validate(row[0]), row[1])
