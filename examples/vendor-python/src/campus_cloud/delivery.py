"""The outbox: posts every stored delivery until the endpoint accepts it, with growing waits between attempts."""

import asyncio
import contextlib
import email.utils
import logging
import random
import sqlite3
import time
from collections import defaultdict
from datetime import UTC, datetime

import httpcore
from standardwebhooks.webhooks import Webhook

from .destinations import Destinations, GuardedNetwork
from .endpoints import Endpoints
from .moments import HOUR, SECOND, Clock
from .store import Store

_RESPONSE_SECONDS = 20  # the contract asks for at least 15
_AT_ONCE = 32  # attempts at once for one endpoint, so that a slow one does not take every connection
_JITTER = 0.25


class Deliverer:
    def __init__(
        self, store: Store, clock: Clock, endpoints: Endpoints, destinations: Destinations, schedule: list[int]
    ) -> None:
        self._store, self._clock, self._endpoints, self._schedule = store, clock, endpoints, schedule
        self._attempts: dict[str, dict[int, asyncio.Task]] = defaultdict(dict)
        self._wake = asyncio.Event()
        # A new connection for each attempt: its address is checked, and no stale connection costs a retry.
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=None, max_keepalive_connections=0, network_backend=GuardedNetwork(destinations)
        )

    def wake(self) -> None:
        self._wake.set()

    def forget(self, endpoint_id: str) -> None:
        """Ends the attempts that are under way to an endpoint that was deleted or stopped."""
        for task in self._attempts.pop(endpoint_id, {}).values():
            if task is not asyncio.current_task():
                task.cancel()

    async def run(self) -> None:
        """Runs until it is cancelled. What is not delivered by then is still in the database."""
        try:
            while True:
                self._wake.clear()
                self._start_due()
                # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the event.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._seconds_to_next()):
                        await self._wake.wait()
        finally:
            for endpoint_id in list(self._attempts):
                self.forget(endpoint_id)
            await self._pool.aclose()

    def _start_due(self) -> None:
        for (endpoint_id,) in self._store.all("SELECT DISTINCT endpoint_id FROM deliveries"):
            running = self._attempts[endpoint_id]
            # New events go before retries: an endpoint with a long queue still learns what is happening now.
            due = self._store.all(
                "SELECT d.*, e.url FROM deliveries d JOIN endpoints e USING (endpoint_id)"
                " WHERE endpoint_id = ? AND due_at <= ? AND e.stopped_reason IS NULL AND e.credential_id IN"
                " (SELECT credential_id FROM credentials WHERE NOT revoked) ORDER BY attempts > 0, due_at LIMIT ?",
                endpoint_id,
                self._clock.now(),
                2 * _AT_ONCE,
            )
            for delivery in due:
                if delivery["delivery_id"] not in running and len(running) < _AT_ONCE:
                    running[delivery["delivery_id"]] = asyncio.create_task(self._attempt(delivery))

    def _seconds_to_next(self) -> float:
        """Deliveries that are under way are due too; their attempts wake the loop when they end."""
        now = self._clock.now()
        later = self._store.one("SELECT min(due_at) FROM deliveries WHERE due_at > ?", now)[0]
        return 60.0 if later is None else min(60.0, (later - now) / SECOND)

    async def _attempt(self, delivery: sqlite3.Row) -> None:
        endpoint_id, delivery_id = delivery["endpoint_id"], delivery["delivery_id"]
        try:
            status, retry_after = await self._post(delivery)
            if 200 <= status < 300:
                self._store.run("DELETE FROM deliveries WHERE delivery_id = ?", delivery_id)
            elif status == 410:
                self._stop(endpoint_id)
            else:
                self._retry(delivery, retry_after if status in (429, 503) else 0)
        finally:
            self._attempts[endpoint_id].pop(delivery_id, None)
            self.wake()

    async def _post(self, delivery: sqlite3.Row) -> tuple[int, int]:
        """Returns the status, 0 if there was no response in time, and the Retry-After in microseconds."""
        headers = self._headers(delivery)
        try:
            async with asyncio.timeout(_RESPONSE_SECONDS):
                async with self._pool.stream(
                    "POST", delivery["url"], headers=headers, content=delivery["body"].encode()
                ) as response:
                    return response.status, self._retry_after(response.headers)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, TimeoutError, OSError):
            return 0, 0
        except Exception:
            logging.exception("Attempt of %s failed in an unexpected way", delivery["event_id"])
            return 0, 0

    def _headers(self, delivery: sqlite3.Row) -> dict[str, str]:
        seconds = int(time.time())
        at = datetime.fromtimestamp(seconds, UTC)
        signatures = [
            Webhook(secret).sign(delivery["event_id"], at, delivery["body"])
            for secret in self._endpoints.signing_secrets(delivery["endpoint_id"])
        ]
        return {
            "content-type": "application/cloudevents+json",
            "user-agent": "campus-cloud-python",
            "webhook-id": delivery["event_id"],
            "webhook-timestamp": str(seconds),
            "webhook-signature": " ".join(signatures),
        }

    def _retry_after(self, headers: list[tuple[bytes, bytes]]) -> int:
        value = next((value.decode("latin-1") for name, value in headers if name.lower() == b"retry-after"), "")
        if value.isascii() and value.isdigit():
            wait = min(int(value[:9]), 3600) * SECOND
        else:
            try:
                until = email.utils.parsedate_to_datetime(value)
            except ValueError:
                return 0
            wait = int(until.timestamp() * SECOND) - self._clock.now()
        return max(0, min(wait, HOUR))

    def _retry(self, delivery: sqlite3.Row, retry_after: int) -> None:
        """Plans the next attempt, or drops the delivery after the last one of the schedule."""
        attempts = delivery["attempts"] + 1
        if attempts > len(self._schedule):
            self._store.run("DELETE FROM deliveries WHERE delivery_id = ?", delivery["delivery_id"])
            return
        scheduled = self._schedule[attempts - 1] * SECOND
        wait = max(scheduled, retry_after) + int(scheduled * random.uniform(0, _JITTER))
        self._store.run(
            "UPDATE deliveries SET attempts = ?, due_at = ? WHERE delivery_id = ?",
            attempts,
            self._clock.now() + wait,
            delivery["delivery_id"],
        )

    def _stop(self, endpoint_id: str) -> None:
        with self._store.transaction():
            self._store.run(
                "UPDATE endpoints SET stopped_reason = 'the endpoint answered 410' WHERE endpoint_id = ?", endpoint_id
            )
            self._store.run("DELETE FROM deliveries WHERE endpoint_id = ?", endpoint_id)
        self.forget(endpoint_id)
