"""Health events: signed, posted to every endpoint of the account, and retried."""

import hashlib
import hmac
import json
import queue
import secrets
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid

RETRY_DELAYS_SECONDS = (1, 10, 60)
TIMEOUT_SECONDS = 10


def sign(body: bytes, secret: str) -> str:
    """The value of X-Webhook-Signature."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def health_event(device: dict, account_id: str, timestamp: str) -> dict:
    """The event that says which status a device has now."""
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": "health",
        "device_id": device["device_id"],
        "timestamp": timestamp,
        "account_id": account_id,
        "site_id": device["site_id"],
        "data": {"status": device["status"]},
    }


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would send the event to an address that the customer did not register."""

    def redirect_request(self, *_):
        return None


class Endpoint:
    """One registered URL. A thread posts its events in order, so none overtakes another."""

    def __init__(self, url: str, secret: str, retry_delays=RETRY_DELAYS_SECONDS):
        self.id = str(uuid.uuid4())
        self.url = url
        self.secret = secret
        self._retry_delays = retry_delays
        self._events: queue.Queue = queue.Queue()
        self._closed = threading.Event()
        self._opener = urllib.request.build_opener(_NoRedirect())
        threading.Thread(target=self._post_all, daemon=True).start()

    def send(self, event: dict) -> None:
        self._events.put(event)

    def close(self) -> None:
        self._closed.set()
        self._events.put(None)

    def _post_all(self) -> None:
        while (event := self._events.get()) is not None and not self._closed.is_set():
            body = json.dumps(event).encode()
            for delay in (*self._retry_delays, None):
                problem = self._post(body)
                if problem is None or self._closed.is_set():
                    break
                print(f"{self.url}: {event['event_id']}: {problem}", file=sys.stderr)
                if delay is None:
                    print(f"{self.url}: {event['event_id']} dropped", file=sys.stderr)
                else:
                    self._closed.wait(delay)

    def _post(self, body: bytes) -> str | None:
        """Post once; return what went wrong, or None."""
        headers = {
            "Content-Type": "application/json",
            "X-Webhook-Timestamp": str(int(time.time())),
            "X-Webhook-Signature": sign(body, self.secret),
        }
        request = urllib.request.Request(self.url, body, headers, method="POST")
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS):
                return None
        except urllib.error.HTTPError as error:
            return f"answered {error.code}"
        except OSError as error:
            return str(error)


class Webhooks:
    """The endpoints of every account."""

    def __init__(self, retry_delays=RETRY_DELAYS_SECONDS):
        self._retry_delays = retry_delays
        self._endpoints: dict[str, list[Endpoint]] = {}
        self._lock = threading.Lock()

    def add(self, account_id: str, url: str, secret: str | None = None) -> Endpoint:
        """Register a URL. Without a secret, a random one is made."""
        secret = secret or secrets.token_urlsafe(32)
        endpoint = Endpoint(url, secret, self._retry_delays)
        with self._lock:
            self._endpoints.setdefault(account_id, []).append(endpoint)
        return endpoint

    def of(self, account_id: str) -> list[Endpoint]:
        with self._lock:
            return list(self._endpoints.get(account_id, []))

    def remove(self, account_id: str, endpoint_id: str) -> bool:
        """Remove an endpoint of this account; False if the account has no such endpoint."""
        with self._lock:
            endpoints = self._endpoints.get(account_id, [])
            found = next((e for e in endpoints if e.id == endpoint_id), None)
            if found:
                endpoints.remove(found)
        if found:
            found.close()
        return found is not None

    def send(self, account_id: str, event: dict) -> None:
        for endpoint in self.of(account_id):
            endpoint.send(event)
