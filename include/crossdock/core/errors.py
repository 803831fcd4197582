"""Every error of the product, named for the operator's next move.

    CrossdockError
    ├── Retriable            try again later, by itself
    │   ├── Throttled        the partner asked us to slow down (carries retry_after)
    │   ├── PartnerDown      time-out, refused connection, 5xx, open circuit
    │   └── Conflict         somebody else changed it first: read again, then decide
    ├── Refused              a business no: a person decides, retrying changes nothing
    │   ├── NotPermitted     the partner knows us and says we may not
    │   └── Missing          the partner has no such object
    ├── BadInput             set aside, counted, replayable
    │   ├── Unparsable       the document cannot be read at all
    │   └── Unmapped         a code, item, unit or place that nobody has mapped
    └── Misconfigured        our own set-up is wrong: somebody edits a file, then runs again

Each message says what happened, to which order or file, and what to do.
"""

from __future__ import annotations


class CrossdockError(Exception):
    """Base of everything the product raises on purpose.

    `hint` is the operator's next move; it is printed under the message.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class Retriable(CrossdockError):
    """A flake: the same call may succeed later without anybody changing anything."""


class Throttled(Retriable):
    """The partner answered 429 or 503 with Retry-After; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: float = 1.0, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class PartnerDown(Retriable):
    """Time-out, refused connection, server error or open circuit."""


class Conflict(Retriable):
    """The object changed under us (412, 409): read it again before deciding."""


class Refused(CrossdockError):
    """A business no (4xx with a reason): it goes to a person, never to a retry loop."""


class NotPermitted(Refused):
    """401 or 403: the credentials are wrong or lack the right."""


class Missing(Refused):
    """404 or 410: the partner has no such object, or no longer."""


class BadInput(CrossdockError):
    """Something we were given is wrong; it is quarantined with a reason."""


class Unparsable(BadInput):
    """The document cannot be read; its bytes are kept in raw.documents."""


class Unmapped(BadInput):
    """A code without a mapping; add it to the partner's code map and release by cause."""


class Misconfigured(CrossdockError):
    """A file or variable of ours is wrong or missing."""
