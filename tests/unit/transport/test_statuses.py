"""What an answer means: the table of statuses, and Retry-After however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.core.errors import (
    Conflict,
    CrossdockError,
    Misconfigured,
    Missing,
    NotPermitted,
    PartnerDown,
    Refused,
    Retriable,
    Throttled,
)
from crossdock.transport.statuses import error_for, retry_after

TABLE = {
    301: Misconfigured, 400: Refused, 401: NotPermitted, 403: NotPermitted, 404: Missing, 408: PartnerDown,
    409: Conflict, 410: Missing, 412: Conflict, 422: Refused, 425: PartnerDown, 429: Throttled, 500: PartnerDown,
    503: PartnerDown,
}  # fmt: skip


@pytest.mark.parametrize(("status", "kind"), TABLE.items())
def test_each_status_has_one_meaning_and_the_message_names_the_call(status, kind):
    error = error_for(status, {}, "GET http://shop/orders", "closed")
    assert type(error) is kind
    assert "GET http://shop/orders" in str(error)


@given(st.integers(100, 999))
def test_every_status_is_good_or_an_error_of_ours_and_only_flakes_are_retriable(status):
    error = error_for(status, {}, "GET x", "")
    if error is None:
        assert 200 <= status < 300 or status == 304
        return
    assert isinstance(error, CrossdockError)
    assert isinstance(error, Retriable) == (status >= 500 or status in (408, 409, 412, 425, 429))


@given(st.text(max_size=40) | st.floats().map(str) | st.integers().map(str))
def test_any_retry_after_is_a_sane_number_of_seconds_or_nothing(text):
    seconds = retry_after({"retry-after": text})
    assert seconds is None or 0 <= seconds <= 86_400
