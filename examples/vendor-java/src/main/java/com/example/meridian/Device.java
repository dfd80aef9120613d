package com.example.meridian;

import java.util.List;

/** A device as the inventory shows it; null members are absent. */
record Device(
    String deviceId,
    String orgId,
    String siteId,
    String name,
    String type,
    String vendorType,
    String status,
    String statusReason,
    String statusObservedAt,
    String statusChangedAt,
    String lastSeenAt,
    List<String> macAddresses,
    String parentDeviceId) {

  /** What is left of a removed device. */
  record Tombstone(
      String deviceId, String orgId, String siteId, String lifecycle, String removedAt) {}

  /** Whether the cloud hears from other devices through this one. */
  boolean isConnector() {
    return type.equals("video_gateway") || type.equals("access_controller");
  }

  /** A degraded device can be reached. */
  boolean isReachable() {
    return status.equals("online") || status.equals("degraded");
  }

  Device withStatus(String newStatus, String reason, String observedAt, String seenAt) {
    return new Device(
        deviceId,
        orgId,
        siteId,
        name,
        type,
        vendorType,
        newStatus,
        reason,
        observedAt,
        newStatus.equals(status) ? statusChangedAt : observedAt,
        seenAt,
        macAddresses,
        parentDeviceId);
  }

  Device withLastSeenAt(String seenAt) {
    return withStatus(status, statusReason, statusObservedAt, seenAt);
  }

  Device withSite(String newSiteId) {
    return new Device(
        deviceId,
        orgId,
        newSiteId,
        name,
        type,
        vendorType,
        status,
        statusReason,
        statusObservedAt,
        statusChangedAt,
        lastSeenAt,
        macAddresses,
        parentDeviceId);
  }
}
