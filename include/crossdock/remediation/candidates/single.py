"""Where there is one thing to do, or none: post, hold, release, send again, open a ticket."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from crossdock.remediation.candidates.model import Candidate
from crossdock.remediation.policies.model import Knobs

TWO_SAY_SO, ONE_SAYS_SO, IN_DOUBT = Decimal("0.95"), Decimal("0.8"), Decimal("0.5")


def post_goods_issue(facts: dict, knobs: Knobs) -> list[Candidate]:
    """Post in the ERP what those whose word counts say has left; in doubt if they are silent or a carrier waits."""
    evidence, erp = facts["case"]["evidence"], facts["partners"]["erp"]["partner_id"]
    said = [one for one in evidence.get("disagreements", []) if one["status_code"] == "shipped"]
    roles = {belief["believed_by"]: belief["role_code"] for belief in evidence.get("beliefs", [])}
    sayers = sorted({one["said_by"] for one in said if one["not_by"] == erp})
    record = sorted({str(one["whose_word_counts"]) for one in said})
    doubts = list(_doubts(said, roles, sayers, record))
    sure = IN_DOUBT if doubts else TWO_SAY_SO if len(sayers) > 1 else ONE_SAYS_SO
    choice = {"kind": "post", "said_by": sayers, "doubt": "; ".join(doubts) or None}
    excluded = tuple(_not_to_post(roles, sayers, record, erp))
    return [Candidate("post goods issue", "post", choice, confidence=sure, excluded_by=excluded)]


def _not_to_post(roles: dict, sayers: list[str], record: list[str], erp: str) -> Iterator[str]:
    """Who is asked first has spoken, and not so. Silence rules nothing out: it is doubt."""
    if not sayers:
        yield f"{erp} is not the one that lags behind"
    elif _speaks(record, roles) and not _speaks(record, {sayer: roles.get(sayer) for sayer in sayers}):
        yield f"the {', '.join(record)}, whose word counts, does not say that it left"


def _doubts(said: list[dict], roles: dict, sayers: list[str], record: list[str]) -> Iterator[str]:
    if sayers and not _speaks(record, roles):
        yield f"the {', '.join(record)}, whose word counts, has said nothing of it"
    unseen = sorted({one["not_by"] for one in said if roles.get(one["not_by"]) == "carrier"})
    if unseen:
        yield f"{', '.join(unseen)} has it announced and not in hand"


def _speaks(record: list[str], roles: dict) -> bool:
    return bool(set(record) & set(roles.values()))


def hold_billing(facts: dict, knobs: Knobs) -> list[Candidate]:
    """Have the ERP bill nothing until the proof of delivery agrees."""
    choice = {"kind": "hold", "code": facts["erp_holds"].get("proof")}
    excluded = () if choice["code"] else ("the ERP has no block for a proof of delivery in its code map",)
    return [Candidate("hold billing", "hold", choice, excluded_by=excluded)]


def release(facts: dict, knobs: Knobs) -> list[Candidate]:
    """Lift the block. Whether that is right, a person says."""
    open_holds = [hold for hold in facts["holds"] if hold["released_at"] is None]
    excluded = () if open_holds else ("no hold of the order is open any more",)
    return [Candidate("release", "release", {"kind": "release"}, excluded_by=excluded)]


def resend(facts: dict, knobs: Knobs) -> list[Candidate]:
    """Send our document again."""
    document = facts.get("edi_document")
    excluded = () if document else ("it is no document that we sent",)
    choice = {"kind": "resend", **(document or {})}
    return [Candidate("send again", "resend", choice, excluded_by=excluded)]


def ticket(facts: dict, knobs: Knobs) -> list[Candidate]:
    """Hand it to people, with the evidence."""
    excluded = () if "service_desk" in facts["partners"] else ("there is no service desk",)
    return [Candidate("open ticket", "ticket", {"kind": "ticket"}, excluded_by=excluded)]
