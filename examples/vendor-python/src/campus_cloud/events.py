"""Publishing: an event and its deliveries are stored in the transaction of the change that they report."""

import json
import uuid

from .catalogue import PING
from .moments import HOUR, Clock, to_text
from .store import Store, to_json


class Publisher:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self.on_published = lambda: None  # the delivery worker listens here

    def publish(self, event_type: str, data: dict, at: int) -> str:
        """Stores the event, and a delivery for each endpoint that wants it. Returns the event's id."""
        seq = self._store.next_seq()
        event = envelope(event_type, data, at, seq)
        body = to_json(event)
        self._store.run(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?)", seq, event["id"], data["org_id"], self._clock.now(), body
        )
        for endpoint in self._store.all(
            "SELECT e.endpoint_id, e.event_types FROM endpoints e JOIN orgs o ON o.tenant = e.tenant"
            " WHERE e.stopped_reason IS NULL AND o.org_id = ?1 AND (e.org_id IS NULL OR e.org_id = ?1)"
            " AND e.credential_id IN (SELECT credential_id FROM credentials WHERE NOT revoked)",
            data["org_id"],
        ):
            wanted = json.loads(endpoint["event_types"] or "[]")
            if not wanted or event_type in wanted:
                self.enqueue(endpoint["endpoint_id"], event["id"], body)
        return event["id"]

    def publish_ping(self, endpoint_id: str, org_id: str, site_id: str) -> str:
        data = {"org_id": org_id, "site_id": site_id, "endpoint_id": endpoint_id}
        event = envelope(PING, data, self._clock.now(), self._store.next_seq())
        self.enqueue(endpoint_id, event["id"], to_json(event))
        return event["id"]

    def enqueue(self, endpoint_id: str, event_id: str, body: str) -> None:
        self._store.run(
            "INSERT INTO deliveries (endpoint_id, event_id, body, due_at) VALUES (?, ?, ?, ?)",
            endpoint_id,
            event_id,
            body,
            self._clock.now(),
        )
        self.on_published()

    def forget_old_events(self) -> None:
        """The manifest promises 72 hours; an hour more keeps a slow reader's listing whole."""
        self._store.run("DELETE FROM events WHERE published_at < ?", self._clock.now() - 73 * HOUR)


def envelope(event_type: str, data: dict, at: int, seq: int) -> dict:
    event = {
        "specversion": "1.0",
        "id": f"evt_{uuid.uuid4().hex}",
        "source": f"urn:campus-python:org:{data['org_id']}",
        "type": event_type,
        "time": to_text(at),
        "datacontenttype": "application/json",
        "sequence": f"{seq:012}",
        "data": data,
    }
    if data.get("device_id"):
        event["subject"] = data["device_id"]
    return event
