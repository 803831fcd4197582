"""What could be done about a case: pure functions from facts to candidates, found by the name a playbook gives."""

from __future__ import annotations

from collections.abc import Mapping

from crossdock.remediation.candidates import price, promise, reallocate, rebook, single
from crossdock.remediation.candidates.model import Candidate, Generator

GENERATORS: Mapping[str, Generator] = {
    "reallocate": reallocate.generate,
    "rebook": rebook.generate,
    "new_promise": promise.generate,
    "correct_price": price.generate,
    "post_goods_issue": single.post_goods_issue,
    "hold_billing": single.hold_billing,
    "release": single.release,
    "resend": single.resend,
    "ticket": single.ticket,
}

__all__ = ["GENERATORS", "Candidate", "Generator"]
