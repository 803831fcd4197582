"""The comparison sees a difference where there is one, and the settled part leaves out what depends on the moment."""

from __future__ import annotations

from chaos.final import Final, differences


def order(**other: object) -> Final:
    line = {"line": "1", "sku": "A", "ordered": 2, "shipped": 2, "delivered": 2, "cancelled": 0, "backordered": 0}
    told = {
        "axes": {"fulfillment": "delivered", "billing": "invoiced", "cancelled": False, "incomplete": None},
        "lines": [line | {"warehouse": "EAST"}],
        "cases": [["inventory_short_pick", "resolved", "reallocate_stock"]],
        "standing": None,
        "truth": [{"fault": "short_pick", "repaired": True}],
    }
    return Final({"shop/order/1": told | other})


def test_what_is_missing_or_different_is_told():
    """Another end of a case, and an order that only one run knows."""
    other = order(cases=[["inventory_short_pick", "with warehouse", "service_desk"]])
    assert [text.split(":")[0] for text in differences(order(), other)] == ["shop/order/1 cases"]
    assert len(differences(order(), Final())) == 4
    assert differences(order(), order()) == []


def test_the_settled_part_knows_quantities_and_not_warehouses():
    """From where and by which playbook may differ; how much arrived and whether it is repaired may not."""
    line = order().orders["shop/order/1"]["lines"][0]
    elsewhere = order(lines=[line | {"warehouse": "WEST"}], cases=[], standing=["delivered_late"])
    assert differences(order().settled(), elsewhere.settled()) == []
    short = order(lines=[line | {"delivered": 1}], truth=[{"fault": "short_pick", "repaired": False}])
    assert [text.split()[1] for text in differences(order().settled(), short.settled())] == ["quantities:", "truth:"]
    standing = order(standing=["open_past_promise"])
    assert len(differences(order().settled(), standing.settled())) == 1


def test_what_people_have_is_left_out_where_that_is_asked():
    """An order whose case is with people is named, and not compared when it is set aside."""
    given = order(cases=[["inventory_short_pick", "with warehouse", "service_desk"]], lines=[])
    assert given.with_people() == {"shop/order/1"}
    assert order().with_people() == set()
    assert differences(order().settled(given.with_people()), given.settled(given.with_people())) == []
    assert differences(order().settled(), given.settled()) != []
