"""The sandbox's first inventory, and the API keys. Runs at each start; what is already there stays."""

import uuid

from .app import key_hash
from .catalogue import DEVICE_TYPES
from .devices import insert_device
from .moments import Clock, to_text
from .store import Store, to_json

_NAMESPACE = uuid.UUID("6f1e8d64-3a42-4a5a-9a51-1c7c4a5a8f10")
_TENANTS = {
    "sandbox": ("Northfield University", "Northfield Clinic"),
    "other": ("Eastbank Museum",),
    "production": ("Harbor Mill",),
}
_BUILDINGS = ("Science Hall", "Library", "North Car Park")  # the last one has no devices yet

# type, how many in each building, the type of the device that they report through, system
_EQUIPMENT = (
    ("video_gateway", 1, None, "video"),
    ("camera", 6, "video_gateway", "video"),
    ("recorder", 1, None, "video"),
    ("access_controller", 1, None, "access"),
    ("door", 2, "access_controller", "access"),
    ("reader", 2, "access_controller", "access"),
    ("alarm_panel", 1, None, "intrusion"),
    ("sensor", 2, "alarm_panel", "intrusion"),
    ("intercom", 1, None, None),
    ("speaker", 1, None, None),
)


def seed(store: Store, api_keys: dict[str, str]) -> None:
    with store.transaction():
        store.run("DELETE FROM credentials")
        for name, key in api_keys.items():
            tenant = "sandbox" if name == "withdrawn" else name
            store.run(
                "INSERT INTO credentials VALUES (?, ?, ?, ?, ?)",
                key_hash(key),
                name,
                tenant,
                tenant != "production",
                name == "withdrawn",
            )
        if not store.one("SELECT 1 FROM orgs"):
            for tenant, orgs in _TENANTS.items():
                for org in orgs:
                    _seed_org(store, tenant, org)


def _seed_org(store: Store, tenant: str, org_name: str) -> None:
    org_id = _id(org_name)
    store.run("INSERT INTO orgs VALUES (?, ?, ?)", org_id, tenant, to_json({"org_id": org_id, "name": org_name}))
    for number, building in enumerate(_BUILDINGS):
        site = {
            "site_id": _id(org_name, building),
            "org_id": org_id,
            "name": building,
            "address": {"street": f"{12 + number} College Road", "city": "Northfield", "region": "MN", "country": "US"},
            "timezone": "America/Chicago",
        }
        store.run("INSERT INTO sites VALUES (?, ?, ?)", site["site_id"], org_id, to_json(site))
        if building != _BUILDINGS[-1]:
            _seed_devices(store, org_name, site)


def _seed_devices(store: Store, org_name: str, site: dict) -> None:
    now = to_text(Clock().now())
    for device_type, count, parent, system in _EQUIPMENT:
        for number in range(1, count + 1):
            label = f"{device_type.replace('_', ' ').capitalize()} {number}"
            device_id = _id(org_name, site["name"], device_type, str(number))
            record = {
                "device_id": device_id,
                "org_id": site["org_id"],
                "site_id": site["site_id"],
                "name": f"{site['name']}, {label.lower()}",
                "type": device_type,
                "vendor_type": label,
                "status": "online",
                "status_observed_at": now,
                "last_seen_at": now,
                "lifecycle": "active",
                "manufacturer": "Campus",
                "firmware_version": "3.2.1",
            }
            if DEVICE_TYPES[device_type].has_mac_address:
                digits = uuid.UUID(device_id).hex[:10]
                record["mac_addresses"] = [":".join(["02", *(digits[at : at + 2] for at in range(0, 10, 2))])]
            if parent:
                record["parent_device_id"] = _id(org_name, site["name"], parent, "1")
            if system:
                record |= {"system_id": _id(org_name, system), "system_name": f"{system.capitalize()}, {org_name}"}
            insert_device(store, record, "online", None)


def _id(*names: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "/".join(names)))
