"""What this vendor's platform knows: its device types and its event types."""

from dataclasses import dataclass

STATUS_CHANGED = "com.convergint.device.status_changed.v1"
HEARTBEAT = "com.convergint.device.heartbeat.v1"
ADDED = "com.convergint.device.added.v1"
UPDATED = "com.convergint.device.updated.v1"
REMOVED = "com.convergint.device.removed.v1"
DISCONNECTED = "com.convergint.connector.disconnected.v1"
RECONNECTED = "com.convergint.connector.reconnected.v1"
PING = "com.convergint.webhook.ping.v1"


@dataclass(frozen=True)
class DeviceType:
    publishes_status: bool = True
    is_connector: bool = False
    has_mac_address: bool = False


DEVICE_TYPES = {
    "access_controller": DeviceType(is_connector=True, has_mac_address=True),
    "alarm_panel": DeviceType(is_connector=True),
    "camera": DeviceType(has_mac_address=True),
    "door": DeviceType(),
    "intercom": DeviceType(has_mac_address=True),
    "reader": DeviceType(),
    "recorder": DeviceType(has_mac_address=True),
    "sensor": DeviceType(),
    # The platform does not watch speakers: it asks for their status when it reads the inventory.
    "speaker": DeviceType(publishes_status=False),
    "video_gateway": DeviceType(is_connector=True, has_mac_address=True),
}

_EVERY_TYPE = tuple(DEVICE_TYPES)
_WITH_STATUS_EVENTS = tuple(name for name, kind in DEVICE_TYPES.items() if kind.publishes_status)
_CONNECTORS = tuple(name for name, kind in DEVICE_TYPES.items() if kind.is_connector)
_ALARMS = ("alarm_panel", "sensor")
_TROUBLES = ("access_controller", "alarm_panel", "recorder")


@dataclass(frozen=True)
class EventType:
    family: str
    description: str
    device_types: tuple[str, ...]

    @property
    def delivery(self) -> list[str]:
        return ["webhook"] if self.family == "webhook" else ["webhook", "backfill"]


EVENT_TYPES = {
    STATUS_CHANGED: EventType("health", "The status of a device changed.", _WITH_STATUS_EVENTS),
    HEARTBEAT: EventType("health", "The cloud received a message from a device.", _WITH_STATUS_EVENTS),
    ADDED: EventType("inventory", "A device was installed.", _EVERY_TYPE),
    UPDATED: EventType("inventory", "A device's record changed, or the device moved.", _EVERY_TYPE),
    REMOVED: EventType("inventory", "A device was removed.", _EVERY_TYPE),
    "com.convergint.alarm.raised.v1": EventType("alarm", "An alarm was raised.", _ALARMS),
    "com.convergint.alarm.cleared.v1": EventType("alarm", "An alarm was cleared.", _ALARMS),
    "com.convergint.trouble.raised.v1": EventType("trouble", "The equipment has a fault.", _TROUBLES),
    "com.convergint.trouble.cleared.v1": EventType("trouble", "A fault was cleared.", _TROUBLES),
    "com.convergint.access.granted.v1": EventType("access", "Access was granted.", ("door",)),
    "com.convergint.access.denied.v1": EventType("access", "Access was denied.", ("door",)),
    "com.convergint.door.forced_open.v1": EventType("door", "A door was forced open.", ("door",)),
    "com.convergint.door.held_open.v1": EventType("door", "A door is held open.", ("door",)),
    "com.convergint.door.secured.v1": EventType("door", "A door is closed and locked again.", ("door",)),
    "com.convergint.video.stream_lost.v1": EventType("video", "A stream was lost.", ("camera",)),
    "com.convergint.video.stream_restored.v1": EventType("video", "A stream was restored.", ("camera",)),
    "com.convergint.video.recording_failed.v1": EventType("video", "A recording failed.", ("camera",)),
    "com.convergint.video.recording_restored.v1": EventType("video", "A recording works again.", ("camera",)),
    "com.convergint.storage.degraded.v1": EventType("storage", "Storage works with a fault.", ("recorder",)),
    "com.convergint.storage.failed.v1": EventType("storage", "Storage failed.", ("recorder",)),
    "com.convergint.storage.restored.v1": EventType("storage", "Storage works again.", ("recorder",)),
    DISCONNECTED: EventType("connector", "A connector lost its connection.", _CONNECTORS),
    RECONNECTED: EventType("connector", "A connector has its connection again.", _CONNECTORS),
    PING: EventType("webhook", "A test delivery to one endpoint.", ()),
}


def manifest(base_url: str, sandbox: bool, retry_schedule: list[int]) -> dict:
    described = {
        "contract_version": "1.0",
        "vendor": {"id": "campus-python", "name": "Campus Cloud (Python)"},
        "api_base": base_url,
        "authentication": [{"scheme": "bearer"}],
        "inventory": {
            "max_page_size": 1000,
            "incremental_sync": True,
            "tombstone_days": 30,
            "conditional_requests": True,
            "system_filter": True,
        },
        "backfill": {"depth_hours": 72},
        "webhooks": {
            "signature_schemes": ["v1"],
            "batching": False,
            "endpoint_management": True,
            "retry_schedule_seconds": retry_schedule,
            "health_latency_seconds": 5,
        },
        "device_types": [
            {
                "type": name,
                "status_from": ["inventory", "events"] if kind.publishes_status else ["inventory"],
                "connector": kind.is_connector,
            }
            for name, kind in DEVICE_TYPES.items()
        ],
        "event_types": [{"type": name, "delivery": kind.delivery} for name, kind in EVENT_TYPES.items()],
    }
    if sandbox:
        commands = ["status", "events", "add_device", "move_device", "remove_device"]
        described["sandbox"] = {"control_url": f"{base_url}/sandbox", "commands": commands}
    return described


def event_catalogue() -> dict:
    return {
        "data": [
            {
                "type": name,
                "family": kind.family,
                "version": "1",
                "description": kind.description,
                "device_types": list(kind.device_types),
                "delivery": kind.delivery,
            }
            for name, kind in EVENT_TYPES.items()
        ]
    }
