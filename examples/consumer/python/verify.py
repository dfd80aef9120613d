"""Verify a webhook as the contract says: by hand, and with the library of Standard Webhooks."""

import base64
import hashlib
import hmac
import re

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

TOLERANCE_SECONDS = 300


def read_headers(headers: dict[str, str], now: int) -> tuple[str, str, str] | None:
    """Return id, timestamp and signatures; None if one is missing, wrong or out of time."""
    by_name = {name.lower(): value for name, value in headers.items()}
    webhook_id = by_name.get("webhook-id", "")
    timestamp = by_name.get("webhook-timestamp", "")
    signatures = by_name.get("webhook-signature", "")
    # A dot in the id would let one signature fit two deliveries.
    if not re.fullmatch(r"[^.\s]{1,256}", webhook_id) or not re.fullmatch(
        r"[0-9]{1,12}", timestamp
    ):
        return None
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return None
    return webhook_id, timestamp, signatures


def verify(secrets: list[str], headers: dict[str, str], body: bytes, now: int) -> bool:
    """Verify by hand.

    `body` is what was received, before anything parsed it; `now` is in Unix seconds.
    """
    read = read_headers(headers, now)
    if read is None:
        return False
    webhook_id, timestamp, signatures = read
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = hmac.new(key, signed, hashlib.sha256).digest()
        expected = b"v1," + base64.b64encode(digest)
        for signature in signatures.split(" "):
            if hmac.compare_digest(expected, signature.encode()):
                return True
    return False


def verify_with_library(
    secrets: list[str], headers: dict[str, str], body: bytes, now: int
) -> bool:
    """Verify with `standardwebhooks`, after the checks that it lacks.

    The library reads the clock itself, and knows one secret at a time.
    """
    read = read_headers(headers, now)
    if read is None:
        return False
    webhook_id, timestamp, signatures = read
    # The library fails on a signature without one comma, and accepts other base64.
    known = [
        each
        for each in signatures.split(" ")
        if re.fullmatch(r"v1,[A-Za-z0-9+/]{43}=", each)
    ]
    checked = {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(known),
    }
    for secret in secrets:
        try:
            Webhook(secret).verify(body, checked, json_parse=False)
            return True
        except (WebhookVerificationError, UnicodeDecodeError):
            continue  # the library verifies only text
    return False
