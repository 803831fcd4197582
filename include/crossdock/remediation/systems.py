"""The systems that can be told something and asked about it: one open face a partner, for the length of one run."""

from __future__ import annotations

from contextlib import ExitStack, closing
from types import TracebackType

from crossdock.connectors.base import Commands, commands_for
from crossdock.core.connections import connection as lookup
from crossdock.core.errors import Misconfigured
from crossdock.db.connect import connect
from crossdock.edi.commands import SYSTEM_TYPE as EDI
from crossdock.edi.commands import EdiCommands
from crossdock.transport.budget import DatabaseGate, Limits

PARTNER = """
select system_type, settings ->> 'connection', settings || jsonb_build_object('partner_id', partner_id)
from ref.partners where partner_id = %s and is_active
"""


class Systems:
    """`with Systems() as systems: systems.commands('sap-main').do(…)`. Opened on demand, closed together."""

    def __init__(self, conninfo: str | None = None) -> None:
        """`conninfo`: the database; where it is None, the product's."""
        self._conninfo = conninfo
        self._open: dict[str, Commands] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Systems:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.clear()
        self._stack.close()

    def commands(self, partner_id: str) -> Commands:
        """The partner's face, under the budget and the circuit that all workers share. Raises Misconfigured."""
        if partner_id not in self._open:
            self._open[partner_id] = self._stack.enter_context(closing(self._made(partner_id)))
        return self._open[partner_id]

    def _made(self, partner_id: str) -> Commands:
        with connect("find partner", conninfo=self._conninfo) as connection:
            row = connection.execute(PARTNER, [partner_id]).fetchone()
        if row is None:
            raise Misconfigured(
                f"there is no active partner {partner_id!r}", hint="run `crossdock partner sync` after editing it"
            )
        system_type, connection_id, settings = row
        if system_type == EDI:
            return EdiCommands(self._conninfo)
        gate = DatabaseGate(self._conninfo, partner_id, limits=Limits.of(settings))
        self._stack.callback(gate.close)
        return commands_for(system_type, lookup(connection_id or ""), settings, gate=gate)
