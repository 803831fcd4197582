"""Stock that is sold out: gone everywhere at once, back everywhere on its day, whatever is taken meanwhile."""

from __future__ import annotations

from datetime import timedelta

from crossdock_lab.world.config import WorldConfig
from crossdock_lab.world.show import Move
from crossdock_lab.world.stock import REFILL_QTY, WAREHOUSES, Stock

CONFIG = WorldConfig(seed=11)
NOW, DAY = CONFIG.starts_at, timedelta(days=1)


def held(stock: Stock, sku: str) -> set[tuple[int, int]]:
    return {tuple(stock.quantities[sku, code]) for code in WAREHOUSES}


def test_what_is_sold_out_is_nowhere_until_its_day():
    stock = Stock.at_start(CONFIG)
    outs = {"SKU-1001": NOW + 3 * DAY}
    stock.sold_out(outs, NOW, NOW + DAY)
    stock.move(Move(NOW, "SKU-1001", "DC-EAST", -5, -5))
    assert held(stock, "SKU-1001") == {(0, 0)}
    assert (0, 0) not in held(stock, "SKU-1002")
    stock.sold_out(outs, NOW + 2 * DAY, NOW + 3 * DAY)
    assert held(stock, "SKU-1001") == {(REFILL_QTY, REFILL_QTY)}


def test_it_is_told_once_and_comes_back_once():
    stock = Stock.at_start(CONFIG)
    outs = {"SKU-1001": NOW + 3 * DAY}
    stock.beliefs()
    for day in range(2):
        stock.sold_out(outs, NOW + day * DAY, NOW + (day + 1) * DAY)
    assert {at for at, *_ in stock.beliefs()} == {NOW}
    stock.sold_out(outs, NOW + 2 * DAY, NOW + 4 * DAY)
    stock.move(Move(NOW + 4 * DAY, "SKU-1001", "DC-EAST", -5, -5))
    stock.sold_out(outs, NOW + 4 * DAY, NOW + 5 * DAY)
    assert stock.quantities["SKU-1001", "DC-EAST"] == [REFILL_QTY - 5, REFILL_QTY - 5]
