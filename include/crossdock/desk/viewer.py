"""Who looks at the desk, and what that person may see and do."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

ADMIN = "Admin"
NAMED_FOR = frozenset({ADMIN, "CustomerService"})
"""Roles whose work needs the customer's name; all others see it masked."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person: login, roles, and the queues whose role the person has."""

    login: str
    roles: frozenset[str]
    queues: frozenset[str] = field(default=frozenset())

    @property
    def is_admin(self) -> bool:
        return ADMIN in self.roles

    @property
    def sees_names(self) -> bool:
        return bool(self.roles & NAMED_FOR)

    def may_work(self, queue: str) -> bool:
        """Whether the viewer may act on cases of this queue."""
        return self.is_admin or queue in self.queues

    def may_answer(self, queues: Iterable[str], proposed_by: str | None) -> bool:
        """Whether the viewer may answer a question put to these queues; nobody answers what they proposed."""
        is_own = self.login.casefold() == (proposed_by or "").casefold()
        return not is_own and (self.is_admin or bool(self.queues & set(queues)))


def seen(login: str, roles: Collection[str], queue_roles: Iterable[tuple[str, str]]) -> Viewer:
    """A viewer out of a login, its roles, and which role works which queue."""
    own = {queue for queue, role in queue_roles if role in roles}
    return Viewer(login, frozenset(roles), frozenset(own))
