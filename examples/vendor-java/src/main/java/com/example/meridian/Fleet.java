package com.example.meridian;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.databind.JsonNode;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The devices and what happens to them. A device's own report and a sandbox command take the same
 * way through here: the new version of the device, its events and their deliveries are one
 * transaction, which the caller runs.
 */
final class Fleet {
  private static final Duration HEARTBEAT_PAUSE = Duration.ofMinutes(5);

  /** What a device reported last about itself. */
  private record Report(String status, String reason, String heartbeatId, Long heartbeatAt) {}

  private final Events events;

  Fleet(Events events) {
    this.events = events;
  }

  /** The device as it is now, if this credential sees it. */
  static Device visible(Store.Tx tx, Directory.Credential credential, String deviceId)
      throws SQLException {
    Device device = current(tx, deviceId);
    if (device == null || !credential.sees(device.orgId())) throw Problem.unknown("device");
    return device;
  }

  /** A device reports its status. Behind an unreachable connector, it cannot. */
  Device report(Store.Tx tx, Device device, String status, String reason) throws SQLException {
    if (isBehindLostConnector(tx, device)) {
      throw Problem.deviceUnreachable("Its connector is unreachable: bring the connector back.");
    }
    tx.update(
        "UPDATE reports SET status = ?, status_reason = ? WHERE device_id = ?",
        status,
        reason,
        device.deviceId());
    boolean heard = status.equals("online") || status.equals("degraded");
    Instant now = tx.now();
    String seenAt = heard ? now.toString() : device.lastSeenAt();
    return show(tx, device.withStatus(status, reason, now.toString(), seenAt), device, now);
  }

  /** A device says that it is alive. Returns the id of the heartbeat that was posted for it. */
  String heartbeat(Store.Tx tx, Device device) throws SQLException {
    if (!device.isReachable()) {
      throw Problem.deviceUnreachable("An unreachable device sends nothing: set its status first.");
    }
    Instant now = tx.now();
    Device heard = device.withLastSeenAt(now.toString());
    keep(tx, heard, now);
    Report report = lastReport(tx, device.deviceId());
    if (report.heartbeatAt() != null
        && Store.instant(report.heartbeatAt()).plus(HEARTBEAT_PAUSE).isAfter(now)) {
      return report.heartbeatId();
    }
    String id = publish(tx, EventTypes.HEARTBEAT, heard, now, statusOf(heard));
    tx.update(
        "UPDATE reports SET heartbeat_id = ?, heartbeat_at = ? WHERE device_id = ?",
        id,
        Store.nanos(now),
        device.deviceId());
    return id;
  }

  /** A device reports something else than its status, such as a door that was forced open. */
  String happened(Store.Tx tx, Device device, String type, JsonNode details) throws SQLException {
    Map<String, Object> data = new LinkedHashMap<>();
    details.forEachEntry(data::put);
    data.putAll(idsOf(device));
    return publish(tx, type, device, tx.now(), data);
  }

  /** A connector event that changes no status: the cloud only tells why. */
  String connection(Store.Tx tx, Device connector, String type, JsonNode reason)
      throws SQLException {
    Map<String, Object> data = connectorData(connector, childrenOf(tx, connector));
    if (reason != null && !reason.isNull()) data.put("reason", reason);
    return publish(tx, type, connector, tx.now(), data);
  }

  /** Reports the current status of a device again. */
  String repeatStatus(Store.Tx tx, Device device) throws SQLException {
    return publish(tx, EventTypes.STATUS_CHANGED, device, tx.now(), statusOf(device));
  }

  /** A person adds a device, which the cloud has not heard from yet. */
  Device add(Store.Tx tx, Directory.Site site, String type, String name) throws SQLException {
    Device device =
        newDevice(site, UUID.randomUUID().toString(), type, name, null)
            .withStatus("unknown", "not_installed", null, null);
    Instant now = tx.now();
    insert(tx, device, now);
    publish(tx, EventTypes.ADDED, device, now, asData(device));
    return device;
  }

  Device move(Store.Tx tx, Device device, Directory.Site site) throws SQLException {
    if (!site.orgId().equals(device.orgId())) {
      throw Problem.invalidBody("A device never changes its org: name a site of the same org.");
    }
    if (site.siteId().equals(device.siteId())) return device;
    Device moved = device.withSite(site.siteId());
    Instant now = tx.now();
    keep(tx, moved, now);
    Map<String, Object> data = new LinkedHashMap<>(asData(moved));
    data.put("previous_site_id", device.siteId());
    data.put("changed_fields", List.of("site_id"));
    publish(tx, EventTypes.UPDATED, moved, now, data);
    return moved;
  }

  /** Removes a device, and with a connector the devices behind it. */
  void remove(Store.Tx tx, Device device) throws SQLException {
    for (Device child : childrenOf(tx, device)) remove(tx, child);
    Instant now = tx.now();
    Device.Tombstone tombstone =
        new Device.Tombstone(
            device.deviceId(), device.orgId(), device.siteId(), "removed", now.toString());
    keep(tx, device, tombstone, now);
    tx.update("DELETE FROM reports WHERE device_id = ?", device.deviceId());
    publish(tx, EventTypes.REMOVED, device, now, asData(tombstone));
  }

  /** Fills an empty database with the devices of this example. */
  static void seed(Store.Tx tx) throws SQLException {
    if (tx.latestSequence() > 0) return;
    Device gateway = seed(tx, Directory.SCIENCE_HALL, "video_gateway", "Video bridge", null);
    for (int i = 1; i <= 6; i++) {
      seed(tx, Directory.SCIENCE_HALL, "camera", "Corridor " + i, gateway.deviceId());
    }
    Device controller = seed(tx, Directory.LIBRARY, "access_controller", "Door controller", null);
    for (int i = 1; i <= 4; i++) {
      seed(tx, Directory.LIBRARY, "door", "Door " + i, controller.deviceId());
    }
    for (int i = 1; i <= 5; i++) seed(tx, Directory.LIBRARY, "camera", "Reading room " + i, null);
    for (int i = 1; i <= 4; i++) seed(tx, Directory.CLINIC, "camera", "Ward " + i, null);
    for (int i = 1; i <= 3; i++) seed(tx, Directory.GALLERY, "camera", "Hall " + i, null);
    for (int i = 1; i <= 2; i++) seed(tx, Directory.TERMINAL, "camera", "Gate " + i, null);
  }

  private static Device seed(
      Store.Tx tx, Directory.Site site, String type, String name, String parentDeviceId)
      throws SQLException {
    String id = Directory.stableId("device " + site.siteId() + " " + name);
    Instant now = tx.now();
    Device device =
        newDevice(site, id, type, name, parentDeviceId)
            .withStatus("online", null, now.toString(), now.toString());
    insert(tx, device, now);
    return device;
  }

  private static Device newDevice(
      Directory.Site site, String deviceId, String type, String name, String parentDeviceId) {
    List<String> macAddresses = type.equals("door") ? null : List.of(macAddress());
    return new Device(
        deviceId,
        site.orgId(),
        site.siteId(),
        name,
        type,
        null,
        "unknown",
        null,
        null,
        null,
        null,
        macAddresses,
        parentDeviceId);
  }

  /** A locally administered address, as an example has no hardware. */
  private static String macAddress() {
    byte[] bytes = new byte[5];
    new SecureRandom().nextBytes(bytes);
    StringBuilder address = new StringBuilder("02");
    for (byte part : bytes) address.append(String.format(":%02x", part));
    return address.toString();
  }

  /** Shows a new status, and what it means for the devices behind a connector. */
  private Device show(Store.Tx tx, Device device, Device before, Instant now) throws SQLException {
    keep(tx, device, now);
    if (!device.status().equals(before.status())
        || !Objects.equals(device.statusReason(), before.statusReason())) {
      Map<String, Object> data = new LinkedHashMap<>(statusOf(device));
      data.put("previous_status", before.status());
      publish(tx, EventTypes.STATUS_CHANGED, device, now, data);
    }
    if (device.isConnector() && device.isReachable() != before.isReachable()) {
      connectionChanged(tx, device, now);
    }
    return device;
  }

  private void connectionChanged(Store.Tx tx, Device connector, Instant now) throws SQLException {
    List<Device> children = childrenOf(tx, connector);
    Map<String, Object> data = connectorData(connector, children);
    boolean back = connector.isReachable();
    publish(tx, back ? EventTypes.RECONNECTED : EventTypes.DISCONNECTED, connector, now, data);
    for (Device child : children) {
      Report own = lastReport(tx, child.deviceId());
      Instant observedAt = tx.now();
      Device shown =
          back
              ? child.withStatus(
                  own.status(), own.reason(), observedAt.toString(), child.lastSeenAt())
              : child.withStatus(
                  "unknown", "parent_unreachable", observedAt.toString(), child.lastSeenAt());
      show(tx, shown, child, observedAt);
    }
  }

  private static Map<String, Object> connectorData(Device connector, List<Device> children) {
    TreeSet<String> sites = new TreeSet<>(List.of(connector.siteId()));
    for (Device child : children) sites.add(child.siteId());
    Map<String, Object> data = new LinkedHashMap<>(idsOf(connector));
    data.put("connector_id", connector.deviceId());
    data.put("affected_site_ids", List.copyOf(sites));
    return data;
  }

  private String publish(Store.Tx tx, String type, Device device, Instant time, Map<String, ?> data)
      throws SQLException {
    return events.publish(tx, type, device.orgId(), device.deviceId(), time, data);
  }

  private static Map<String, Object> idsOf(Device device) {
    return Map.of(
        "org_id", device.orgId(), "site_id", device.siteId(), "device_id", device.deviceId());
  }

  private static Map<String, Object> statusOf(Device device) {
    Map<String, Object> data = new LinkedHashMap<>(idsOf(device));
    data.put("status", device.status());
    data.put("status_reason", device.statusReason());
    data.put("status_observed_at", device.statusObservedAt());
    data.put("status_changed_at", device.statusChangedAt());
    data.put("last_seen_at", device.lastSeenAt());
    data.values().removeIf(Objects::isNull);
    return data;
  }

  private static Map<String, Object> asData(Object record) {
    Map<String, Object> data = new LinkedHashMap<>();
    Json.tree(record).forEachEntry(data::put);
    return data;
  }

  private static boolean isBehindLostConnector(Store.Tx tx, Device device) throws SQLException {
    Device parent = current(tx, device.parentDeviceId());
    return parent != null && parent.isConnector() && !parent.isReachable();
  }

  private static Device current(Store.Tx tx, String deviceId) throws SQLException {
    return tx.one(
        row -> Json.read(row.getString(1), Device.class),
        "SELECT json FROM device_versions"
            + " WHERE device_id = ? AND replaced_by IS NULL AND removed = 0",
        requireNonNullElse(deviceId, ""));
  }

  private static List<Device> childrenOf(Store.Tx tx, Device connector) throws SQLException {
    return tx.list(
        row -> Json.read(row.getString(1), Device.class),
        "SELECT json FROM device_versions WHERE replaced_by IS NULL AND removed = 0"
            + " AND org_id = ? AND json ->> 'parent_device_id' = ? ORDER BY device_id",
        connector.orgId(),
        connector.deviceId());
  }

  private static Report lastReport(Store.Tx tx, String deviceId) throws SQLException {
    return tx.one(
        row ->
            new Report(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getObject(4) == null ? null : row.getLong(4)),
        "SELECT status, status_reason, heartbeat_id, heartbeat_at FROM reports WHERE device_id = ?",
        deviceId);
  }

  private static void insert(Store.Tx tx, Device device, Instant now) throws SQLException {
    tx.update(
        "INSERT INTO reports VALUES (?, ?, ?, NULL, NULL)",
        device.deviceId(),
        device.status(),
        device.statusReason());
    keep(tx, device, now);
  }

  private static void keep(Store.Tx tx, Device device, Instant now) throws SQLException {
    keep(tx, device, device, now);
  }

  private static void keep(Store.Tx tx, Device device, Object shown, Instant now)
      throws SQLException {
    long sequence = tx.nextSequence();
    tx.update(
        "UPDATE device_versions SET replaced_by = ? WHERE device_id = ? AND replaced_by IS NULL",
        sequence,
        device.deviceId());
    tx.update(
        "INSERT INTO device_versions VALUES (?, NULL, ?, ?, ?, ?, ?, ?)",
        sequence,
        Store.nanos(now),
        device.deviceId(),
        device.orgId(),
        device.siteId(),
        shown instanceof Device.Tombstone,
        Json.write(shown));
  }
}
