"""Zendesk's words for a ticket: the Tickets API's object."""

from __future__ import annotations

from datetime import UTC, datetime

from crossdock_lab.world.model import Ticket


def ticket(given: Ticket) -> dict:
    """A ticket; `external_id` says which order it is about."""
    return {
        "id": given.ticket_id,
        "url": f"https://crossdock.zendesk.com/api/v2/tickets/{given.ticket_id}.json",
        "external_id": given.order.order_id,
        "subject": given.subject,
        "raw_subject": given.subject,
        "description": given.description,
        "status": given.status,
        "priority": given.priority,
        "type": "problem",
        "created_at": moment(given.created_at),
        "updated_at": moment(given.updated_at),
        "generated_timestamp": int(given.updated_at.timestamp()),
        "requester_id": 396331237134,
        "submitter_id": 396331237134,
        "assignee_id": None,
        "organization_id": 370295712714,
        "group_id": 360006965034,
        "brand_id": 360003529474,
        "ticket_form_id": 360002048693,
        "problem_id": None,
        "forum_topic_id": None,
        "has_incidents": False,
        "is_public": True,
        "allow_channelback": False,
        "due_at": None,
        "recipient": None,
        "tags": ["order_exception"],
        "custom_fields": [],
        "followup_ids": [],
        "satisfaction_rating": {"score": "unoffered"},
        "via": {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}},
    }


def moment(at: datetime) -> str:
    """A moment in UTC to the second, with Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
