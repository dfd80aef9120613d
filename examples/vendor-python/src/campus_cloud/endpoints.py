"""Webhook endpoints: where events go, and the secrets that sign them."""

import base64
import hmac
import json
import sqlite3
import uuid

from .bodies import EndpointRequest
from .destinations import Destinations
from .events import Publisher
from .listings import Caller
from .moments import DAY, Clock, to_text
from .problems import Problem, unknown
from .store import Store, to_json

_PREVIOUS_SECRET_LIFETIME = DAY
_MOST_SECRETS = 3


class Endpoints:
    """A secret is derived from the master key, the endpoint and a number, so the database holds no secret."""

    def __init__(
        self, store: Store, clock: Clock, publisher: Publisher, destinations: Destinations, master_key: bytes
    ) -> None:
        self._store, self._clock, self._publisher = store, clock, publisher
        self._destinations, self._master_key = destinations, master_key
        self.on_deleted = lambda endpoint_id: None  # the delivery worker listens here

    def register(self, caller: Caller, request: EndpointRequest) -> dict:
        self._destinations.check_url(request.url)
        if request.org_id is not None and not self._store.one(
            "SELECT 1 FROM orgs WHERE org_id = ? AND tenant = ?", request.org_id, caller.tenant
        ):
            raise unknown("org")
        endpoint_id = f"we_{uuid.uuid4().hex}"
        with self._store.transaction():
            self._store.run(
                "INSERT INTO endpoints VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                endpoint_id,
                caller.credential_id,
                caller.tenant,
                request.url,
                request.org_id,
                to_json(request.event_types) if request.event_types else None,
                self._clock.now(),
            )
            self._store.run("INSERT INTO secrets VALUES (?, 1, NULL)", endpoint_id)
        return _described(self._row(caller, endpoint_id)) | {"secret": self._secret(endpoint_id, 1)}

    def registered_by(self, caller: Caller) -> dict:
        rows = self._store.all(
            "SELECT * FROM endpoints WHERE credential_id = ? ORDER BY created_at", caller.credential_id
        )
        return {"data": [_described(row) for row in rows]}

    def delete(self, caller: Caller, endpoint_id: str) -> None:
        self._row(caller, endpoint_id)
        with self._store.transaction():
            for table in ("endpoints", "secrets", "deliveries"):
                self._store.run(f"DELETE FROM {table} WHERE endpoint_id = ?", endpoint_id)
        self.on_deleted(endpoint_id)

    def rotate(self, caller: Caller, endpoint_id: str) -> dict:
        self._row(caller, endpoint_id)
        expires_at = self._clock.now() + _PREVIOUS_SECRET_LIFETIME
        with self._store.transaction():
            newest = self._store.one("SELECT max(number) FROM secrets WHERE endpoint_id = ?", endpoint_id)[0]
            self._store.run(
                "UPDATE secrets SET expires_at = ? WHERE endpoint_id = ? AND number = ?",
                expires_at,
                endpoint_id,
                newest,
            )
            self._store.run("INSERT INTO secrets VALUES (?, ?, NULL)", endpoint_id, newest + 1)
            self._store.run(
                "DELETE FROM secrets WHERE endpoint_id = ? AND number <= ?", endpoint_id, newest + 1 - _MOST_SECRETS
            )
        return {"secret": self._secret(endpoint_id, newest + 1), "previous_expires_at": to_text(expires_at)}

    def ping(self, caller: Caller, endpoint_id: str) -> dict:
        row = self._row(caller, endpoint_id)
        if row["stopped_reason"]:
            raise Problem(409, "endpoint_stopped", "Endpoint stopped", "Register the URL again.")
        site = self._store.one(
            "SELECT org_id, site_id FROM sites JOIN orgs USING (org_id)"
            " WHERE tenant = ?1 AND (?2 IS NULL OR org_id = ?2) ORDER BY site_id",
            caller.tenant,
            row["org_id"],
        )
        with self._store.transaction():
            return {"event_id": self._publisher.publish_ping(endpoint_id, site["org_id"], site["site_id"])}

    def signing_secrets(self, endpoint_id: str) -> list[str]:
        """The current secret, and each earlier one until it expires."""
        rows = self._store.all(
            "SELECT number FROM secrets WHERE endpoint_id = ? AND (expires_at IS NULL OR expires_at > ?)"
            " ORDER BY number DESC",
            endpoint_id,
            self._clock.now(),
        )
        return [self._secret(endpoint_id, row["number"]) for row in rows]

    def _secret(self, endpoint_id: str, number: int) -> str:
        key = hmac.digest(self._master_key, f"webhook secret\0{endpoint_id}\0{number}".encode(), "sha256")
        return f"whsec_{base64.b64encode(key).decode()}"

    def _row(self, caller: Caller, endpoint_id: str) -> sqlite3.Row:
        row = self._store.one(
            "SELECT * FROM endpoints WHERE endpoint_id = ? AND credential_id = ?", endpoint_id, caller.credential_id
        )
        if not row:
            raise unknown("endpoint")
        return row


def _described(row: sqlite3.Row) -> dict:
    described = {
        "endpoint_id": row["endpoint_id"],
        "url": row["url"],
        "created_at": to_text(row["created_at"]),
        "state": "stopped" if row["stopped_reason"] else "active",
    }
    if row["org_id"]:
        described["org_id"] = row["org_id"]
    if row["event_types"]:
        described["event_types"] = json.loads(row["event_types"])
    if row["stopped_reason"]:
        described["stopped_reason"] = row["stopped_reason"]
    return described
