"""What orders and their answers share: parties, references, dates, product ids."""

from __future__ import annotations


def cut(segment: list[str], size: int) -> list[str]:
    """Exactly `size` elements after the name, empty ones added."""
    return (segment[1:] + [""] * size)[:size]


def compact(**fields: object) -> dict:
    """The fields that say something."""
    return {name: value for name, value in fields.items() if value}


def iso_date(given: str) -> str | None:
    """CCYYMMDD or YYMMDD as an ISO date; None when it is neither. Years 70 to 99 are of the last century."""
    if len(given) == 6:
        given = ("19" if given[:2] >= "70" else "20") + given
    if len(given) != 8 or not given.isdigit():
        return None
    return f"{given[:4]}-{given[4:6]}-{given[6:]}"


def product_ids(elements: list[str]) -> dict[str, str]:
    """Pairs of qualifier and product id, as PO1 has them from PO106 on. A qualifier used twice gets `#2`."""
    ids: dict[str, str] = {}
    for index in range(0, len(elements) - 1, 2):
        qualifier, value = elements[index], elements[index + 1]
        if qualifier or value:
            key, times = qualifier, 1
            while key in ids:
                times += 1
                key = f"{qualifier}#{times}"
            ids[key] = value
    if len(elements) % 2 and elements[-1]:
        ids[elements[-1]] = ""
    return ids


def reference(segment: list[str]) -> dict:
    """REF, and N9, which is the same with a date."""
    qualifier, value, description = cut(segment, 3)
    return compact(qualifier=qualifier, value=value, description=description, rest=segment[4:])


def date(segment: list[str]) -> dict:
    """DTM."""
    qualifier, day, time, zone = cut(segment, 4)
    return compact(qualifier=qualifier, date=day, time=time, zone=zone, rest=segment[5:])


def party(segment: list[str]) -> dict:
    """N1, to which N2, N3, N4, REF and PER add."""
    qualifier, name, id_qualifier, id_ = cut(segment, 4)
    return compact(qualifier=qualifier, name=name, id_qualifier=id_qualifier, id=id_, rest=segment[5:])


def contact(segment: list[str]) -> dict:
    """PER: who, and how to reach them."""
    function, name = cut(segment, 2)
    return compact(function=function, name=name, reached_by=product_ids(segment[3:]))


def add_to_party(current: dict, segment: list[str]) -> bool:
    """Add N2, N3, N4 or PER to the party before it; False when the segment is another."""
    name = segment[0]
    if name == "N3":
        current.setdefault("address", []).extend(e for e in segment[1:] if e)
    elif name == "N4":
        city, state, postal_code, country = cut(segment, 4)
        current.update(compact(city=city, state=state, postal_code=postal_code, country=country, place=segment[5:]))
    elif name == "N2":
        current.setdefault("more_names", []).extend(e for e in segment[1:] if e)
    elif name == "PER":
        current.setdefault("contacts", []).append(contact(segment))
    else:
        return False
    return True
