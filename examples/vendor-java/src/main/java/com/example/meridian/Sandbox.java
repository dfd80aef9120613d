package com.example.meridian;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/** Sandbox control: each command becomes what a real device or a person would have done. */
final class Sandbox {
  static final List<String> COMMANDS =
      List.of("status", "events", "add_device", "move_device", "remove_device");

  private static final Set<String> STATUSES = Set.of("online", "degraded", "offline", "unknown");

  private final Fleet fleet;

  Sandbox(Fleet fleet) {
    this.fleet = fleet;
  }

  Device status(Store.Tx tx, Device device, JsonNode body) throws SQLException {
    String status = Bodies.text(body, "status", 256);
    if (!STATUSES.contains(status)) {
      throw Problem.invalidBody("status must be online, degraded, offline or unknown.");
    }
    return fleet.report(tx, device, status, Bodies.textOrEmpty(body, "status_reason", 256));
  }

  /** Publishes an event of the device. Returns the id of the event. */
  String event(Store.Tx tx, Device device, JsonNode body) throws SQLException {
    String type = Bodies.text(body, "type", 256);
    JsonNode data = body.get("data");
    if (data == null || data.isNull()) data = JsonNodeFactory.instance.objectNode();
    if (!data.isObject()) throw Problem.invalidBody("data must be an object.");
    if (!EventTypes.publishes(device.type(), type)) {
      throw new Problem(
          400,
          "unknown_event_type",
          "Unknown event type",
          "GET /v1/event-catalog lists the types of each type of device.");
    }
    switch (type) {
      case EventTypes.HEARTBEAT:
        return fleet.heartbeat(tx, device);
      case EventTypes.STATUS_CHANGED:
        String status = Bodies.optionalText(data, "status", 256);
        if (status != null && !status.equals(device.status())) {
          throw Problem.invalidBody("This is not the device's status: send a status command.");
        }
        return fleet.repeatStatus(tx, device);
      case EventTypes.ADDED, EventTypes.UPDATED, EventTypes.REMOVED:
        throw Problem.invalidBody("Add, move or remove the device instead: its event follows.");
      case EventTypes.DISCONNECTED, EventTypes.RECONNECTED:
        Bodies.textOrEmpty(data, "reason", 256);
        return fleet.connection(tx, device, type, data.get("reason"));
      default:
        checkDetails(data);
        return fleet.happened(tx, device, type, data);
    }
  }

  Device add(Store.Tx tx, Directory.Credential credential, JsonNode body) throws SQLException {
    String siteId = Bodies.text(body, "site_id", 256);
    String type = Bodies.text(body, "type", 64);
    String name = Bodies.text(body, "name", 512);
    Directory.Site site = Directory.site(credential, siteId);
    if (!EventTypes.DEVICE_TYPES.contains(type) || type.equals("door")) {
      throw Problem.invalidBody("Add a camera, video_gateway or access_controller.");
    }
    return fleet.add(tx, site, type, name);
  }

  Device move(Store.Tx tx, Directory.Credential credential, Device device, JsonNode body)
      throws SQLException {
    return fleet.move(tx, device, Directory.site(credential, Bodies.text(body, "site_id", 256)));
  }

  /** The members that the contract defines for door events. */
  private static void checkDetails(JsonNode data) {
    JsonNode held = data.get("held_for_seconds");
    if (held != null && !held.isNull() && !(held.isNumber() && held.doubleValue() >= 0)) {
      throw Problem.invalidBody("held_for_seconds must be a number of seconds.");
    }
    Bodies.optionalText(data, "previous_state", 64);
  }
}
