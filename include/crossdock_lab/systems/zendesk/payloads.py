"""Zendesk's words for a ticket: the Tickets API's object."""

from __future__ import annotations

from datetime import UTC, datetime

from crossdock_lab.world.model import Ticket


def ticket(given: Ticket) -> dict:
    """A ticket; `external_id` says which order it is about."""
    return fields(given.ticket_id, given.subject, given.description, given.created_at) | {
        "external_id": given.order.order_id,
        "status": given.status,
        "priority": given.priority,
        "updated_at": moment(given.updated_at),
        "generated_timestamp": int(given.updated_at.timestamp()),
    }


def fields(ticket_id: int, subject: str, description: str, created_at: datetime) -> dict:
    """A new ticket about no order, with every field that Zendesk shows."""
    return {
        "id": ticket_id,
        "url": f"https://crossdock.zendesk.com/api/v2/tickets/{ticket_id}.json",
        "external_id": None,
        "subject": subject,
        "raw_subject": subject,
        "description": description,
        "status": "new",
        "priority": None,
        "type": "problem",
        "created_at": moment(created_at),
        "updated_at": moment(created_at),
        "generated_timestamp": int(created_at.timestamp()),
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


def audit(number: int, ticket_id: int, given: dict, at: datetime) -> dict:
    """What a change of a ticket leaves behind: its comment, the fields it set, the caller's metadata."""
    comment = given.get("comment") or {}
    said = [{"type": "Comment", "body": comment.get("body"), "public": comment.get("public", True)}] if comment else []
    fields = ("status", "priority", "subject")
    changed = [{"type": "Change", "field_name": name, "value": given[name]} for name in fields if name in given]
    return {
        "id": number,
        "ticket_id": ticket_id,
        "created_at": moment(at),
        "author_id": 396331237134,
        "metadata": {"system": {}, "custom": given.get("metadata") or {}},
        "events": [{"id": number * 10 + place, **event} for place, event in enumerate(said + changed)],
        "via": {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}},
    }


def moment(at: datetime) -> str:
    """A moment in UTC to the second, with Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
