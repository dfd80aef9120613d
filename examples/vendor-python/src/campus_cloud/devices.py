"""The devices: what their reports change, in the inventory and in the events. Sandbox commands are such reports."""

import json
import secrets
import sqlite3
import uuid

from .bodies import EVENT_DATA, validated
from .catalogue import (
    ADDED,
    DEVICE_TYPES,
    DISCONNECTED,
    EVENT_TYPES,
    HEARTBEAT,
    RECONNECTED,
    REMOVED,
    STATUS_CHANGED,
    UPDATED,
)
from .events import Publisher
from .moments import SECOND, Clock, to_text
from .problems import Problem, invalid_body, unknown, unreachable
from .store import Store, to_json

_HEARTBEAT_INTERVAL = 300 * SECOND
_LOST = ("offline", "unknown")
_STATUS_MEMBERS = ("status", "status_reason", "status_observed_at", "status_changed_at", "last_seen_at")


class Devices:
    """Every method that changes something is one transaction."""

    def __init__(self, store: Store, clock: Clock, publisher: Publisher) -> None:
        self._store, self._clock, self._publisher = store, clock, publisher

    def record(self, tenant: str, device_id: str) -> dict:
        return json.loads(self._row(tenant, device_id)["record"])

    def version(self, tenant: str, device_id: str) -> int:
        return self._row(tenant, device_id)["changed_seq"]

    def report_status(self, tenant: str, device_id: str, status: str, reason: str | None) -> dict:
        """The device reports a status. Changes the devices behind it too, if it is a connector."""
        with self._store.transaction():
            row = self._row(tenant, device_id)
            if self._lost_connector(row["parent_device_id"]):
                raise unreachable()
            self._report(row, status, reason)
        return self.record(tenant, device_id)

    def publish(self, tenant: str, device_id: str, event_type: str, given: dict) -> str:
        """The device publishes an event. Returns the event's id."""
        with self._store.transaction():
            row = self._row(tenant, device_id)
            kind = EVENT_TYPES.get(event_type)
            if not kind or row["type"] not in kind.device_types:
                raise Problem(
                    400, "unknown_event_type", "Unknown event type", f"A {row['type']} does not publish this type."
                )
            if kind.family == "inventory":
                raise invalid_body("Use the commands that add, move and remove devices: they publish this event.")
            data = validated(EVENT_DATA[kind.family], given).model_dump(exclude_none=True)
            if kind.family == "connector":
                return self._connector_event(row, event_type, data)
            record = json.loads(row["record"])
            if record["status"] in _LOST or self._lost_connector(row["parent_device_id"]):
                raise unreachable()
            if event_type == HEARTBEAT:
                return self._heartbeat(row, record)
            if event_type == STATUS_CHANGED:
                return self._same_status_again(row, record, data)
            now = self._clock.now()
            return self._publisher.publish(event_type, data | self._members(row, event_type, data), now)

    def add(self, tenant: str, site_id: str, device_type: str, name: str) -> dict:
        with self._store.transaction():
            site = self._site(tenant, site_id)
            if device_type not in DEVICE_TYPES:
                raise invalid_body("/type: The manifest's device_types lists the types that this vendor has.")
            record = {
                "device_id": str(uuid.uuid4()),
                "org_id": site["org_id"],
                "site_id": site_id,
                "name": name,
                "type": device_type,
                "status": "unknown",
                "status_reason": "not_installed",
                "lifecycle": "active",
            }
            if DEVICE_TYPES[device_type].has_mac_address:
                record["mac_addresses"] = [_simulated_mac_address()]
            now = self._clock.now()
            insert_device(self._store, record, "unknown", "not_installed")
            self._publisher.publish(ADDED, record, now)
        return record

    def move(self, tenant: str, device_id: str, site_id: str) -> dict:
        with self._store.transaction():
            row = self._row(tenant, device_id)
            site = self._site(tenant, site_id)
            if site["org_id"] != row["org_id"]:
                raise invalid_body("/site_id: A device cannot move to a site of another org.")
            record = json.loads(row["record"])
            left = record["site_id"]
            if left != site_id:
                record["site_id"] = site_id
                now = self._clock.now()
                seq = self._save(record)
                self._store.run("INSERT INTO moves VALUES (?, ?, ?, ?)", device_id, left, seq, now)
                changes = {"previous_site_id": left, "changed_fields": ["site_id"]}
                self._publisher.publish(UPDATED, record | changes, now)
        return record

    def remove(self, tenant: str, device_id: str) -> None:
        """Devices behind a removed device stay, without a parent and with the status that they reported last."""
        with self._store.transaction():
            row = self._row(tenant, device_id)
            now = self._clock.now()
            self._store.run(
                "UPDATE devices SET removed_at = ?, changed_seq = ? WHERE device_id = ?",
                now,
                self._store.next_seq(),
                device_id,
            )
            self._publisher.publish(REMOVED, tombstone(row, now), now)
            for child in self._store.all(
                "SELECT * FROM devices WHERE parent_device_id = ? AND removed_at IS NULL", device_id
            ):
                record = json.loads(child["record"])
                del record["parent_device_id"]
                now = self._clock.now()
                self._save(record)
                self._publisher.publish(UPDATED, record | {"changed_fields": ["parent_device_id"]}, now)
                self._derive(child["device_id"])

    def _report(self, row: sqlite3.Row, status: str, reason: str | None) -> None:
        was_lost = row["reported_status"] in _LOST
        self._store.run(
            "UPDATE devices SET reported_status = ?, reported_reason = ? WHERE device_id = ?",
            status,
            reason,
            row["device_id"],
        )
        is_lost = status in _LOST
        if DEVICE_TYPES[row["type"]].is_connector and was_lost != is_lost:
            self._publish_connector(row, DISCONNECTED if is_lost else RECONNECTED, {})
        self._derive(row["device_id"], heard_from=not is_lost, observed=True)

    def _derive(self, device_id: str, heard_from: bool = False, observed: bool = False) -> None:
        """Gives a device the status that follows from its last report and its connector, and then those behind it."""
        row = self._store.one("SELECT * FROM devices WHERE device_id = ?", device_id)
        record = json.loads(row["record"])
        lost = self._lost_connector(row["parent_device_id"])
        before = (record["status"], record.get("status_reason"))
        after = ("unknown", "parent_unreachable") if lost else (row["reported_status"], row["reported_reason"])
        now = self._clock.now()
        if observed or after != before:
            record["status"] = after[0]
            record["status_observed_at"] = to_text(now)
            record.pop("status_reason", None)
            if after[1] is not None:
                record["status_reason"] = after[1]
            if heard_from:
                record["last_seen_at"] = to_text(now)
        if after != before:
            record["status_changed_at"] = to_text(now)
        if observed or after != before:
            self._save(record)
        if after != before and DEVICE_TYPES[row["type"]].publishes_status:
            data = _ids(record) | _status_of(record) | {"previous_status": before[0]}
            self._publisher.publish(STATUS_CHANGED, data, now)
        if DEVICE_TYPES[row["type"]].is_connector:
            for child in self._store.all(
                "SELECT device_id FROM devices WHERE parent_device_id = ? AND removed_at IS NULL", device_id
            ):
                self._derive(child["device_id"])

    def _lost_connector(self, device_id: str | None) -> bool:
        parent = device_id and self._store.one("SELECT type, record FROM devices WHERE device_id = ?", device_id)
        if not parent or not DEVICE_TYPES[parent["type"]].is_connector:
            return False
        return json.loads(parent["record"])["status"] in _LOST

    def _heartbeat(self, row: sqlite3.Row, record: dict) -> str:
        now = self._clock.now()
        record["last_seen_at"] = to_text(now)
        self._save(record)
        if row["heartbeat_at"] and now - row["heartbeat_at"] < _HEARTBEAT_INTERVAL:
            return row["heartbeat_event_id"]
        event_id = self._publisher.publish(HEARTBEAT, _ids(record) | _status_of(record), now)
        self._store.run(
            "UPDATE devices SET heartbeat_at = ?, heartbeat_event_id = ? WHERE device_id = ?",
            now,
            event_id,
            row["device_id"],
        )
        return event_id

    def _same_status_again(self, row: sqlite3.Row, record: dict, data: dict) -> str:
        if data.get("status", record["status"]) != record["status"]:
            raise invalid_body("/data/status: Use the status command to change the status.")
        now = self._clock.now()
        record["status_observed_at"] = record["last_seen_at"] = to_text(now)
        self._save(record)
        return self._publisher.publish(STATUS_CHANGED, _ids(record) | _status_of(record), now)

    def _connector_event(self, row: sqlite3.Row, event_type: str, data: dict) -> str:
        """Losing or regaining the connection is a change of the connector's status."""
        if self._lost_connector(row["parent_device_id"]):
            raise unreachable()
        lost = event_type == DISCONNECTED
        if (row["reported_status"] in _LOST) == lost:
            raise unreachable()
        status = "offline" if lost else "online"
        self._store.run(
            "UPDATE devices SET reported_status = ?, reported_reason = NULL WHERE device_id = ?",
            status,
            row["device_id"],
        )
        event_id = self._publish_connector(row, event_type, data)
        self._derive(row["device_id"], heard_from=not lost, observed=True)
        return event_id

    def _publish_connector(self, row: sqlite3.Row, event_type: str, data: dict) -> str:
        sites = self._store.all(
            "WITH RECURSIVE behind(id, site_id) AS (SELECT device_id, site_id FROM devices WHERE device_id = ?"
            " UNION SELECT d.device_id, d.site_id FROM devices d JOIN behind ON d.parent_device_id = behind.id"
            " WHERE d.removed_at IS NULL) SELECT DISTINCT site_id FROM behind ORDER BY site_id",
            row["device_id"],
        )
        members = {"connector_id": row["device_id"], "affected_site_ids": [site["site_id"] for site in sites]}
        return self._publisher.publish(event_type, data | _ids(row) | members, self._clock.now())

    def _members(self, row: sqlite3.Row, event_type: str, data: dict) -> dict:
        """What the vendor adds to the data of an event: the ids, and what the event's type requires."""
        members = _ids(row)
        _, _, family, action, _ = event_type.split(".")
        if family in ("alarm", "trouble"):
            members |= self._condition(row, family, action, data)
        if (family, action) == ("access", "denied"):
            members["reason"] = data.get("reason", "unknown_credential")
        return members

    def _condition(self, row: sqlite3.Row, kind: str, action: str, data: dict) -> dict:
        """A raised alarm or trouble gets an id; a cleared one gets the id of the one that the device raised last."""
        last = None
        if action == "cleared":
            last = self._store.one("SELECT * FROM conditions WHERE device_id = ? AND kind = ?", row["device_id"], kind)
        condition_id = data.get(f"{kind}_id") or (last and last["condition_id"]) or f"{kind}_{uuid.uuid4().hex}"
        same = last if last and last["condition_id"] == condition_id else None
        condition_type = data.get(f"{kind}_type") or (same and same["condition_type"]) or "other"
        if action == "raised":
            self._store.run(
                "INSERT OR REPLACE INTO conditions VALUES (?, ?, ?, ?)",
                row["device_id"],
                kind,
                condition_id,
                condition_type,
            )
        return {f"{kind}_id": condition_id, f"{kind}_type": condition_type}

    def _row(self, tenant: str, device_id: str) -> sqlite3.Row:
        row = self._store.one(
            "SELECT d.* FROM devices d JOIN orgs o USING (org_id)"
            " WHERE d.device_id = ? AND o.tenant = ? AND d.removed_at IS NULL",
            device_id,
            tenant,
        )
        if not row:
            raise unknown("device")
        return row

    def _site(self, tenant: str, site_id: str) -> sqlite3.Row:
        site = self._store.one(
            "SELECT s.* FROM sites s JOIN orgs o USING (org_id) WHERE s.site_id = ? AND o.tenant = ?", site_id, tenant
        )
        if not site:
            raise unknown("site")
        return site

    def _save(self, record: dict) -> int:
        seq = self._store.next_seq()
        self._store.run(
            "UPDATE devices SET site_id = ?, parent_device_id = ?, record = ?, changed_seq = ? WHERE device_id = ?",
            record["site_id"],
            record.get("parent_device_id"),
            to_json(record),
            seq,
            record["device_id"],
        )
        return seq


def insert_device(store: Store, record: dict, status: str, reason: str | None) -> None:
    store.run(
        "INSERT INTO devices (device_id, org_id, site_id, system_id, type, parent_device_id, record,"
        " reported_status, reported_reason, changed_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        record["device_id"],
        record["org_id"],
        record["site_id"],
        record.get("system_id"),
        record["type"],
        record.get("parent_device_id"),
        to_json(record),
        status,
        reason,
        store.next_seq(),
    )


def tombstone(row: sqlite3.Row, removed_at: int) -> dict:
    return _ids(row) | {"lifecycle": "removed", "removed_at": to_text(removed_at)}


def _ids(row: sqlite3.Row | dict) -> dict:
    return {name: row[name] for name in ("org_id", "site_id", "device_id")}


def _status_of(record: dict) -> dict:
    return {name: record[name] for name in _STATUS_MEMBERS if name in record}


def _simulated_mac_address() -> str:
    return ":".join(f"{byte:02x}" for byte in (0x02, *secrets.token_bytes(5)))
