package com.example.meridian;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What this vendor offers. Whatever is declared here is tested by certification. */
final class Manifest {
  /** A status change is posted at once; the bound leaves room for a busy machine. */
  private static final int HEALTH_LATENCY_SECONDS = 10;

  private Manifest() {}

  static Map<String, Object> of(String url, boolean sandbox) {
    Map<String, Object> manifest = new LinkedHashMap<>();
    manifest.put("contract_version", "1.0");
    manifest.put("vendor", Map.of("id", "meridian", "name", "Meridian Security"));
    manifest.put("api_base", url);
    manifest.put("authentication", List.of(Map.of("scheme", "bearer")));
    manifest.put(
        "inventory",
        Map.of(
            "max_page_size",
            Inventory.MAX_PAGE_SIZE,
            "incremental_sync",
            true,
            "tombstone_days",
            Inventory.TOMBSTONE_DAYS,
            "conditional_requests",
            true));
    manifest.put("backfill", Map.of("depth_hours", Inventory.BACKFILL_HOURS));
    manifest.put(
        "webhooks",
        Map.of(
            "signature_schemes",
            List.of("v1"),
            "batching",
            false,
            "endpoint_management",
            true,
            "retry_schedule_seconds",
            Outbox.RETRY_SCHEDULE,
            "health_latency_seconds",
            HEALTH_LATENCY_SECONDS));
    manifest.put(
        "device_types", EventTypes.DEVICE_TYPES.stream().map(Manifest::deviceType).toList());
    manifest.put("event_types", EventTypes.inManifest());
    if (sandbox) {
      manifest.put(
          "sandbox", Map.of("control_url", url + "/sandbox", "commands", Sandbox.COMMANDS));
    }
    return manifest;
  }

  private static Map<String, Object> deviceType(String type) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("type", type);
    entry.put("status_from", List.of("inventory", "events"));
    if (type.equals("access_controller")) entry.put("connector", true);
    return entry;
  }
}
