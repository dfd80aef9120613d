"""Moments are whole microseconds since 1970; in JSON they are RFC 3339 in UTC."""

import re
import time
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|[+-]00:00)", re.ASCII)


class Clock:
    """The wall clock, except that it never repeats a moment: of two changes, the later one has the later time."""

    def __init__(self) -> None:
        self._last = 0

    def now(self) -> int:
        self._last = max(time.time_ns() // 1000, self._last + 1)
        return self._last


def to_text(moment: int) -> str:
    return (_EPOCH + timedelta(microseconds=moment)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def nanoseconds(text: str) -> int:
    """Parses a timestamp of the contract. Raises ValueError if it is not one."""
    match = _RFC3339.fullmatch(text)
    if not match:
        raise ValueError(f"not a timestamp in UTC: {text}")
    whole = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    return int((whole - _EPOCH).total_seconds()) * 1_000_000_000 + int((match[2] or "0").ljust(9, "0"))
