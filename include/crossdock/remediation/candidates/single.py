"""Where there is one thing to do, or none: post, release, send again, open a ticket."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from crossdock.remediation.candidates.model import Candidate
from crossdock.remediation.policies.model import Knobs

TWO_SAY_SO, ONE_SAYS_SO = Decimal("0.95"), Decimal("0.8")


def post_goods_issue(facts: dict, knobs: Knobs) -> list[Candidate]:
    """Post in the ERP what those whose word counts say has left."""
    erp = facts["partners"]["erp"]["partner_id"]
    said = [one for one in facts["case"]["evidence"].get("disagreements", []) if one["status_code"] == "shipped"]
    sayers = sorted({one["said_by"] for one in said if one["not_by"] == erp})
    excluded = tuple(_not_to_post(facts, said, sayers, erp))
    sure = TWO_SAY_SO if len(sayers) > 1 else ONE_SAYS_SO
    return [
        Candidate(
            "post goods issue", "post", {"kind": "post", "said_by": sayers}, confidence=sure, excluded_by=excluded
        )
    ]


def _not_to_post(facts: dict, said: list[dict], sayers: list[str], erp: str) -> Iterator[str]:
    if not sayers:
        yield f"{erp} is not the one that lags behind"
        return
    counts = {one["whose_word_counts"] for one in said}
    roles = {belief["believed_by"]: belief["role_code"] for belief in facts["case"]["evidence"].get("beliefs", [])}
    if not counts & {roles.get(sayer) for sayer in sayers}:
        yield f"the {', '.join(sorted(map(str, counts)))}, whose word counts, does not say that it left"


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
