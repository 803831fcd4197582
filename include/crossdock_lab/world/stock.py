"""Stock: how much lies where, in SAP's books and for sale in the shop. Places refill when little is left.

An item can be sold out by hand: then nothing of it lies anywhere until a day, and no lorry comes before.
"""

from __future__ import annotations

from datetime import datetime

from crossdock_lab.world import catalogue
from crossdock_lab.world.config import WorldConfig
from crossdock_lab.world.model import InventoryLevel, MaterialStock
from crossdock_lab.world.show import Move

REFILL_BELOW, REFILL_QTY = 100, 600
Place = tuple[str, str]
ITEMS = {item.sku: item for item in catalogue.ITEMS}
WAREHOUSES = {place.code: place for place in catalogue.WAREHOUSES}


class Stock:
    """Quantities by (sku, warehouse): [on hand, available]; `moved` says which changed, when last, and how often."""

    def __init__(self, quantities: dict[Place, list[int]]) -> None:
        self.quantities = quantities
        self.moved: dict[Place, tuple[datetime, int]] = {}
        self.outs: dict[str, datetime] = {}

    @classmethod
    def at_start(cls, config: WorldConfig) -> Stock:
        """The stock a world begins with."""
        begun = cls({})
        for sku in ITEMS:
            for code in WAREHOUSES:
                qty = config.stream("stock", sku, code).randint(300, 900)
                begun.quantities[sku, code] = [qty, qty]
                begun.moved[sku, code] = config.starts_at, 1
        return begun

    def move(self, move: Move) -> None:
        """Take goods out, or reserve them; a lorry comes when little is left."""
        if move.sku in self.outs:
            return
        held = self.quantities[move.sku, move.warehouse]
        held[0] += move.on_hand
        held[1] += move.available
        if held[1] < REFILL_BELOW:
            held[0] += REFILL_QTY
            held[1] += REFILL_QTY
        self._note((move.sku, move.warehouse), move.at)

    def sold_out(self, outs: dict[str, datetime], now: datetime, to: datetime) -> None:
        """Of these items nothing lies anywhere until their time; whose time has come by `to` is there again."""
        self.outs = {sku: until for sku, until in outs.items() if until > to}
        for sku, until in outs.items():
            is_out = sku in self.outs
            qty, at = (0, now) if is_out else (REFILL_QTY, until)
            for code in WAREHOUSES:
                held = self.quantities[sku, code]
                if (held == [0, 0]) != is_out:
                    held[:] = qty, qty
                    self._note((sku, code), at)

    def _note(self, place: Place, at: datetime) -> None:
        self.moved[place] = at, self.moved.get(place, (at, 0))[1] + 1

    def beliefs(self) -> list[tuple[datetime, tuple[str, str, str], object, int]]:
        """(changed at, key, belief, how often it changed) of what moved; then nothing has moved."""
        said = []
        for (sku, code), (at, count) in self.moved.items():
            item, place = ITEMS[sku], WAREHOUSES[code]
            on_hand, available = self.quantities[sku, code]
            books = f"{item.sap_material}/{place.sap_plant}/{place.sap_storage_location}"
            shelf = f"{item.shop_inventory_item_id}/{place.shop_location_id}"
            said.append((at, ("sap", "material_stock", books), MaterialStock(item, place, on_hand), count))
            said.append((at, ("shop", "inventory_levels", shelf), InventoryLevel(item, place, available, at), count))
        self.moved = {}
        return said
