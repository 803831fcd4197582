"""From a connection id to a sent message: e-mail by smtplib with what Apprise read from the URL, the rest by Apprise.

Apprise says only yes or no. For e-mail the reply codes of SMTP tell a flake from a no, and the Message-ID is ours;
for the rest the HTTP status is read from what Apprise reports. Nothing here logs or returns a URL, an address or a
secret.
"""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr

from apprise import Apprise, AppriseAsset, NotifyType
from apprise.plugins.base import NotifyBase
from apprise.plugins.email import NotifyEmail

from crossdock.core import connections
from crossdock.core.errors import Misconfigured, NotPermitted, PartnerDown, Refused, Throttled

SECONDS = 20.0
STATUS = re.compile(r"error=(\d{3})")
NOTIFY_TYPES = {"critical": NotifyType.FAILURE, "high": NotifyType.WARNING}
ASSET = AppriseAsset(app_id="Crossdock", app_desc="Crossdock", app_url="", async_mode=False)


def service(channel: str) -> NotifyBase:
    """What Apprise makes of the connection's URL: its password, or `extra.config.path` as Airflow has it.

    Raises Misconfigured, without the URL, when there is none or Apprise cannot read it.
    """
    found = connections.connection(channel)
    config = found.extra.get("config") or {}
    url = found.password if "://" in found.password else config.get("path", "") if isinstance(config, dict) else ""
    with _silenced():
        made = Apprise.instantiate(url, asset=ASSET, suppress_exceptions=True) if url else None
    if made is None:
        raise Misconfigured(
            f"connection {channel!r} holds no URL that Apprise can read",
            hint="put one as its password, as in mailtos://user:secret@example.com?to=warehouse@example.com",
        )
    return made


def send(channel: str, key: str, subject: str, body: str, severity: str, at: datetime) -> str:
    """Send one message; `key` becomes Message-ID or Idempotency-Key. Return what took it, in words.

    Raises PartnerDown or Throttled where a later try may succeed, Refused where it will not, Misconfigured.
    """
    chosen = service(channel)
    if isinstance(chosen, NotifyEmail):
        return _send_mail(chosen, key, subject, body, at)
    return _send_other(chosen, key, subject, body, severity)


def message_id(key: str, domain: str) -> str:
    """The same for every try of a message."""
    return f"<crossdock.{key}@{domain}>"


def _send_mail(mail: NotifyEmail, key: str, subject: str, body: str, at: datetime) -> str:
    to = [address for _, address in mail.targets]
    recipients = list(dict.fromkeys([*to, *mail.cc, *mail.bcc]))
    try:
        with _smtp(mail) as smtp:
            refused = smtp.send_message(_mail(mail, key, subject, body, at), mail.from_addr[1], recipients)
    except smtplib.SMTPAuthenticationError as error:
        raise NotPermitted(
            f"the mail server answered {error.smtp_code} to our login", hint="check the connection's login and password"
        ) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        raise _by_code(max(codes), f"every recipient was refused ({', '.join(map(str, codes))})") from None
    except smtplib.SMTPResponseException as error:
        raise _by_code(error.smtp_code, f"the mail server answered {error.smtp_code}") from None
    except smtplib.SMTPNotSupportedError:
        raise Misconfigured("the mail server does not offer what the URL asks for", hint="check its mode") from None
    except ssl.SSLCertVerificationError:
        raise Misconfigured("the mail server's certificate cannot be trusted", hint="install its authority") from None
    except (OSError, smtplib.SMTPException) as error:
        raise PartnerDown(f"the mail server does not answer: {type(error).__name__}") from None
    return f"e-mail, {len(recipients) - len(refused)} of {len(recipients)} recipients"


def _by_code(code: int, sentence: str) -> Exception:
    if code >= 500:
        return Refused(sentence, hint="check sender and recipients in the connection's URL")
    return PartnerDown(sentence)


def _mail(mail: NotifyEmail, key: str, subject: str, body: str, at: datetime) -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = subject
    made["From"] = formataddr((mail.from_addr[0] or "Crossdock", mail.from_addr[1]))
    made["To"] = ", ".join(formataddr((name or None, address)) for name, address in mail.targets)
    if mail.cc:
        made["Cc"] = ", ".join(mail.cc)
    if mail.reply_to:
        made["Reply-To"] = ", ".join(mail.reply_to)
    made["Date"] = format_datetime(at)
    made["Message-ID"] = message_id(key, mail.from_addr[1].rpartition("@")[2])
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(body)
    return made


@contextmanager
def _smtp(mail: NotifyEmail):
    """A session as the URL asks for: plain, STARTTLS or TLS from the start; certificates are checked."""
    context = ssl.create_default_context()
    if not mail.verify_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if mail.secure_mode == "ssl":
        smtp = smtplib.SMTP_SSL(mail.smtp_host, mail.port, timeout=SECONDS, context=context)
    else:
        smtp = smtplib.SMTP(mail.smtp_host, mail.port, timeout=SECONDS)
    with smtp:
        if mail.secure_mode == "starttls":
            smtp.starttls(context=context)
        if mail.user and mail.password:
            smtp.login(mail.user, mail.password)
        yield smtp


def _send_other(chosen: NotifyBase, key: str, subject: str, body: str, severity: str) -> str:
    if isinstance(getattr(chosen, "headers", None), dict):
        chosen.headers["Idempotency-Key"] = key
    room = Apprise(asset=ASSET)
    room.add(chosen)
    with _silenced():
        result = room.notify(
            body=body, title=subject, notify_type=NOTIFY_TYPES.get(severity, NotifyType.INFO), body_format="text",
            timeout=SECONDS,
        )  # fmt: skip
        reported = " ".join(entry.message for entry in result.logs())
        result.close()
    name = str(chosen.service_name or type(chosen).__name__)
    if result:
        return name
    found = STATUS.search(reported)
    status = int(found[1]) if found else 0
    if status == 429:
        raise Throttled(f"{name} answered 429", retry_after=60)
    if status in (401, 403):
        raise NotPermitted(f"{name} answered {status}", hint="check the secret in the connection's URL")
    if 400 <= status < 500 and status != 408:
        raise Refused(f"{name} answered {status}", hint="check the connection's URL")
    raise PartnerDown(f"{name} answered {status}" if status else f"{name} does not answer")


@contextmanager
def _silenced():
    """Apprise's own log lines may show addresses: they are read here and go nowhere else."""
    logger = logging.getLogger("apprise")
    before = logger.propagate, list(logger.handlers)
    logger.propagate = False
    logger.addHandler(null := logging.NullHandler())
    try:
        yield
    finally:
        logger.propagate = before[0]
        logger.removeHandler(null)
