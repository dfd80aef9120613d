package com.example.meridian;

import java.util.List;
import java.util.Map;

/** What this vendor publishes, which the manifest and the event catalogue both list. */
final class EventTypes {
  static final String STATUS_CHANGED = "com.convergint.device.status_changed.v1";
  static final String HEARTBEAT = "com.convergint.device.heartbeat.v1";
  static final String ADDED = "com.convergint.device.added.v1";
  static final String UPDATED = "com.convergint.device.updated.v1";
  static final String REMOVED = "com.convergint.device.removed.v1";
  static final String FORCED_OPEN = "com.convergint.door.forced_open.v1";
  static final String HELD_OPEN = "com.convergint.door.held_open.v1";
  static final String SECURED = "com.convergint.door.secured.v1";
  static final String DISCONNECTED = "com.convergint.connector.disconnected.v1";
  static final String RECONNECTED = "com.convergint.connector.reconnected.v1";
  static final String PING = "com.convergint.webhook.ping.v1";

  static final List<String> DEVICE_TYPES =
      List.of("camera", "video_gateway", "access_controller", "door");
  private static final List<String> CONNECTORS = List.of("video_gateway", "access_controller");
  private static final List<String> DOORS = List.of("door");
  private static final List<String> EVERYWHERE = List.of("webhook", "backfill");

  /** One entry of the catalogue. */
  record EventType(
      String type,
      String family,
      String version,
      String description,
      List<String> deviceTypes,
      List<String> delivery) {}

  static final List<EventType> ALL =
      List.of(
          entry(STATUS_CHANGED, "health", "The status of a device changed.", DEVICE_TYPES),
          entry(HEARTBEAT, "health", "The cloud received a message of a device.", DEVICE_TYPES),
          entry(ADDED, "inventory", "A device was added.", DEVICE_TYPES),
          entry(UPDATED, "inventory", "A device changed or moved.", DEVICE_TYPES),
          entry(REMOVED, "inventory", "A device was removed.", DEVICE_TYPES),
          entry(FORCED_OPEN, "door", "A door was forced open.", DOORS),
          entry(HELD_OPEN, "door", "A door is held open.", DOORS),
          entry(SECURED, "door", "A door is closed and locked again.", DOORS),
          entry(DISCONNECTED, "connector", "A connector lost its connection.", CONNECTORS),
          entry(RECONNECTED, "connector", "A connector is connected again.", CONNECTORS),
          new EventType(PING, "webhook", "1", "A test delivery.", List.of(), List.of("webhook")));

  private EventTypes() {}

  static boolean isKnown(String type) {
    return ALL.stream().anyMatch(entry -> entry.type().equals(type));
  }

  static boolean publishes(String deviceType, String type) {
    return ALL.stream()
        .anyMatch(entry -> entry.type().equals(type) && entry.deviceTypes().contains(deviceType));
  }

  static List<Map<String, Object>> inManifest() {
    return ALL.stream()
        .map(entry -> Map.<String, Object>of("type", entry.type(), "delivery", entry.delivery()))
        .toList();
  }

  private static EventType entry(
      String type, String family, String description, List<String> deviceTypes) {
    return new EventType(type, family, "1", description, deviceTypes, EVERYWHERE);
  }
}
