"""Elements, segments and transaction sets of X12, version 4010 in its main, as far as Crossdock reads them.

An element is `number: type min max`; types are AN text, ID code, N0…N2 whole number, R decimal number, DT date,
TM time, C composite. A segment lists its elements in order, M before those that are mandatory, `*n` after one that
repeats; after `|` come its relations, as X12 writes them: P0304 both or none, R0203 at least one, C0302 if the third
then the second; PAIRS06 is P0607, P0809 and so on to the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

ELEMENTS = {
    "2": "N0 1 6", "19": "AN 2 30", "22": "AN 1 16", "23": "ID 1 1", "26": "ID 2 3", "28": "N0 1 9",
    "54": "ID 2 2", "66": "ID 1 2", "67": "AN 2 80", "81": "R 1 10", "82": "R 1 8", "91": "ID 1 2",
    "92": "ID 2 2", "93": "AN 1 60", "96": "N0 1 10", "97": "N0 1 6", "98": "ID 2 3", "100": "ID 3 3",
    "103": "AN 3 25", "107": "ID 1 1", "116": "ID 3 15", "118": "R 1 9", "123": "N0 1 6", "127": "AN 1 50",
    "128": "ID 2 3", "133": "ID 1 2", "143": "ID 3 3", "146": "ID 2 2", "156": "ID 2 2", "166": "AN 1 55",
    "187": "ID 1 2", "206": "AN 1 30", "212": "R 1 17", "234": "AN 1 48", "235": "ID 2 2", "236": "ID 3 3",
    "248": "ID 1 1", "280": "R 4 10", "289": "ID 1 3", "306": "ID 1 2", "309": "ID 1 2", "310": "AN 1 30",
    "324": "AN 1 22", "326": "AN 1 45", "328": "AN 1 30", "329": "AN 4 9", "330": "R 1 15", "331": "ID 2 2",
    "332": "R 1 6", "333": "ID 1 2", "334": "ID 2 2", "335": "ID 3 3", "336": "ID 2 2", "337": "TM 4 8",
    "338": "R 1 6", "342": "R 1 5", "347": "R 1 10", "349": "ID 1 1", "350": "AN 1 20", "351": "N0 1 3",
    "352": "AN 1 80", "353": "ID 2 2", "354": "N0 1 6", "355": "ID 2 2", "356": "N0 1 6", "357": "R 1 8",
    "362": "N2 1 10", "364": "AN 1 256", "365": "ID 2 2", "366": "ID 2 2", "367": "AN 1 30", "368": "ID 2 2",
    "369": "AN 1 45", "370": "DT 6 8", "373": "DT 6 8", "374": "ID 3 3", "378": "ID 1 1", "380": "R 1 15",
    "384": "R 1 9", "386": "N0 1 3", "387": "AN 1 35", "388": "DT 6 8", "389": "N2 1 10", "443": "AN 1 20",
    "446": "DT 6 8", "447": "AN 1 6", "478": "ID 1 1", "479": "ID 2 2", "480": "AN 1 12", "508": "AN 1 35",
    "522": "ID 1 3", "559": "ID 2 2", "563": "ID 1 2", "587": "ID 2 2", "610": "N2 1 15", "623": "ID 2 2",
    "639": "ID 2 2", "640": "ID 3 3", "648": "ID 3 3", "649": "R 1 10", "662": "ID 1 1", "668": "ID 2 2",
    "669": "ID 3 3", "673": "ID 2 2", "706": "ID 2 2", "715": "ID 1 1", "716": "ID 1 3", "717": "ID 1 1",
    "718": "ID 1 3", "719": "N0 1 10", "720": "ID 1 3", "721": "ID 2 3", "723": "ID 1 3", "724": "AN 1 99",
    "725": "N0 1 4", "737": "ID 2 2", "738": "ID 1 3", "739": "R 1 20", "740": "R 1 20", "741": "R 1 20",
    "750": "ID 2 3", "751": "AN 1 12", "752": "ID 2 2", "753": "ID 1 5", "754": "AN 1 7", "765": "N0 1 2",
    "770": "AN 1 20", "782": "R 1 18", "786": "ID 2 2", "819": "ID 2 3", "822": "AN 1 15", "933": "AN 1 264",
    "934": "ID 2 2", "935": "ID 2 2", "936": "ID 2 2", "954": "R 1 10", "1019": "ID 3 3", "1166": "ID 2 2",
    "1232": "ID 2 2", "1250": "ID 2 3", "1251": "AN 1 35", "1300": "ID 4 4", "1301": "AN 1 10",
    "1470": "N0 1 9", "1705": "AN 1 35", "C001": "C 1 999", "C002": "C 1 999", "C030": "C 1 99",
    "C040": "C 1 999", "C999": "C 1 9999", "any": "AN 0 999",
}  # fmt: skip
CODES = {
    "353": {f"{number:02d}" for number in (*range(9), *range(10, 23), *range(24, 57), 77)}
    | {"CN", "CO", "EX", "GR", "PR", "RH", "RV", "SU", "ZZ"},
    "717": set("AEMRWX"),
    "715": set("AEMPRWX"),
    "349": set("FSX"),
    "248": set("ACNPQRS"),
}  # fmt: skip
"""Codes of the elements whose lists are short; of the others any code of the right length passes."""

SEGMENTS = {
    "ST": "M143 M329 1705", "SE": "M96 M329",
    "BEG": "M353 M92 M324 328 M373 367 587 1019 1166 1232 786 640",
    "CUR": "M98 M100 280 98 100 669 374 373 337 374 373 337 374 373 337 374 373 337 374 373 337 | C0807 C0907",
    "REF": "M128 127 352 C040 | R0203",
    "PER": "M366 93 365 364 365 364 365 364 443 | P0304 P0506 P0708",
    "FOB": "M146 309 352 334 335 309 352 54 352 | C0302 C0504 C0706 C0809",
    "CSH": "563 306 610 508 373 559 560 566 954 1004",
    "SAC": "M248 1300 559 1301 610 378 332 118 355 380 380 331 127 770 352 819 | R0203 P0304 P0607",
    "ITD": "336 333 338 370 351 446 386 362 388 389 342 352 765 107 954",
    "DTM": "M374 373 337 623 1250 1251 | R020305 C0403 P0506",
    "PID": "M349 750 559 751 352 752 822 1073 819 | C0403 R0405",
    "MEA": "737 738 739 C001 740 741 935 936 752 1373",
    "PKG": "349 753 559 754 352 400",
    "TD1": "103 80 23 22 79 187 81 355 183 355 | C0102 C0304 P0607 P0708 P0910",
    "TD5": "133 66 67 91 387 368 309 310 731 732 733 1014 284 284 26 | R0204050612 C0203",
    "TD3": "40 206 207 187 81 355 102 407 225 | C0506",
    "TD4": "152 208 209 352 | R010204",
    "MAN": "M88 M87 87 88 87 87 | P0405",
    "N9": "M128 127 369 373 337 623 C040 | R0203",
    "MSG": "M933 934 1470",
    "N1": "M98 93 66 67 706 98 | R0203 P0304",
    "N2": "M93 93",
    "N3": "M166 166",
    "N4": "19 156 116 26 309 310 | C0605",
    "PO1": "350 330 355 212 639 (235 234)*10 | C0302 C0504 PAIRS06",
    "ACK": "M668 380 355 374 373 326 (235 234)*10 1019 | P0203 PAIRS07",
    "CTP": "687 236 212 380 C001 648 649 782 639 499 289",
    "PO4": "356 357 355 103 187 384 355 385 355 82 189 65 355 810 1470 87 350 | P0203 C0506 P0607 P0809",
    "SDQ": "M355 66 (67 380)*10 | PAIRS03",
    "SCH": "M380 M355 98 93 374 373 337 374 373 337 326 350",
    "QTY": "M673 380 C001 61",
    "SLN": "M350 350 M662 380 C001 212 639 662 (235 234)*10 | P0405 C0706 PAIRS09",
    "TC2": "M23 M22",
    "AMT": "M522 M782 478",
    "CTT": "M354 347 81 355 183 355 352 | P0304 P0506",
    "BAK": "M353 M587 M324 M373 328 326 367 127 373 640",
    "AK1": "M479 M28 480", "AK2": "M143 M329 1705", "AK3": "M721 M719 447 720 720 720 720 720",
    "AK4": "MC030 725 M723 724", "AK5": "M717 718 718 718 718 718", "AK9": "M715 M97 M123 M2 716 716 716 716 716",
    "IK3": "M721 M719 447 720 720 720 720 720", "IK4": "MC030 725 M723 724",
    "IK5": "M717 718 718 718 718 718", "CTX": "C999*10",
}  # fmt: skip
KEY = frozenset({"ST", "SE", "BEG", "BAK", "PO1", "ACK", "CUR", "AK1", "AK2", "AK5", "AK9", "IK5"})
"""Segments in which a fault changes what the set says: it rejects. Elsewhere the set is accepted with errors."""

_HEAD = (
    "CUR REF PER TAX FOB CTP PAM CSH TD1 TD5 TD3 TD4 SAC ITD DIS INC DTM LDT LIN SI PID MEA PWK PKG MAN PCT CTB TXI "
    "AMT LS LE N9 MTX MSG EFI N1 N2 NX2 N3 N4 SCA FA1 FA2 LDT LM LQ SPI CB1 G53 ADV MTX SSS IT8 NTE"
)
_LINE = (
    "PO1 LIN SI CUR CN1 PO3 CTP PAM CTB MEA PID PWK PO4 REF PER SAC IT8 CSH ITD DIS INC TAX FOB SDQ IT3 DTM TC2 TD1 "
    "TD5 TD3 TD4 PCT MAN MSG SPI TXI QTY SCH PKG LS LE LDT LM LQ N9 MTX EFI N1 N2 NX2 N3 N4 SLN AMT SSS G61 FA1 FA2 "
    "ACK IN2 NTE"
)
_TAIL = "CTT AMT SSS"


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a segment."""

    number: str
    type: str
    least: int
    most: int
    is_mandatory: bool
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment's elements, and the relations between them as (kind, element numbers)."""

    elements: tuple[Element, ...]
    relations: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class SetSpec:
    """What may stand where in a transaction set: areas one after the other, each begun by its first segment."""

    first: str
    """The segment that must follow ST."""
    areas: tuple[tuple[str, frozenset[str]], ...]
    """(segment that opens the area, segments allowed in it); the head's opener is `first`."""
    needed: tuple[str, ...]
    """Segments that must be there."""


def _areas(*areas: tuple[str, str]) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((opener, frozenset(names.split())) for opener, names in areas)


_FUNCTIONAL = "AK1 AK2 AK3 AK4 AK5 AK9"
SETS = {
    "850": SetSpec("BEG", _areas(("BEG", f"BEG {_HEAD}"), ("PO1", _LINE), ("CTT", _TAIL)), ("BEG", "PO1")),
    "855": SetSpec("BAK", _areas(("BAK", f"BAK {_HEAD}"), ("PO1", _LINE), ("CTT", _TAIL)), ("BAK",)),
    "997": SetSpec("AK1", _areas(("AK1", _FUNCTIONAL)), ("AK1", "AK9")),
    "999": SetSpec("AK1", _areas(("AK1", f"{_FUNCTIONAL} IK3 IK4 IK5 CTX")), ("AK1", "AK9")),
}
FUNCTIONAL_CODES = {"850": "PO", "855": "PR", "997": "FA", "999": "FA"}
"""GS01 of the groups a set may travel in."""


@cache
def segment(name: str) -> Segment | None:
    """What the dictionary says of a segment; None when it is known by name only."""
    if name not in SEGMENTS:
        return None
    listed, _, relations = SEGMENTS[name].partition("|")
    elements = tuple(_element(word) for word in _repeat(listed))
    found: list[tuple[str, tuple[int, ...]]] = []
    for word in relations.split():
        if word.startswith("PAIRS"):
            found += [("P", (at, at + 1)) for at in range(int(word[5:]), len(elements), 2)]
        else:
            found.append((word[0], tuple(int(word[at : at + 2]) for at in range(1, len(word), 2))))
    return Segment(elements, tuple(found))


def _repeat(listed: str) -> list[str]:
    """`(235 234)*10` and `C999*10` written out."""
    words: list[str] = []
    for word in listed.replace("(235 234)", "235+234").replace("(67 380)", "67+380").split():
        name, _, times = word.partition("*")
        words += name.split("+") * int(times or 1)
    return words


def _element(word: str) -> Element:
    is_mandatory = word.startswith("M")
    number = word[1:] if is_mandatory else word
    kind, least, most = ELEMENTS.get(number, ELEMENTS["any"]).split()
    return Element(number, kind, int(least), int(most), is_mandatory, frozenset(CODES.get(number, ())))


def reference(name: str, element: int) -> str:
    """The number that the standard gives an element, empty where we do not know it."""
    known = segment(name)
    if known is None or not 1 <= element <= len(known.elements):
        return ""
    number = known.elements[element - 1].number
    return number if number.isdigit() else ""
