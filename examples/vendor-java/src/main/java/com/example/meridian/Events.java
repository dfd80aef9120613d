package com.example.meridian;

import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Publishes events: each is stored together with its deliveries, in the transaction of its cause.
 */
final class Events {
  private final Directory directory;

  Events(Directory directory) {
    this.directory = directory;
  }

  /** Publishes an event to every endpoint that may see it and asked for it. Returns its id. */
  String publish(
      Store.Tx tx, String type, String orgId, String subject, Instant time, Map<String, ?> data)
      throws SQLException {
    long sequence = tx.nextSequence();
    String eventId = store(tx, sequence, type, orgId, subject, time, data, true);
    for (Endpoints.Endpoint endpoint : Endpoints.active(tx)) {
      Directory.Credential owner = directory.byId(endpoint.credential());
      if (owner != null && owner.sees(orgId) && endpoint.wants(type, orgId)) {
        enqueue(tx, endpoint.endpointId(), sequence);
      }
    }
    return eventId;
  }

  /** Publishes a ping to one endpoint only. Returns its id. */
  String ping(Store.Tx tx, String endpointId, Directory.Site site) throws SQLException {
    long sequence = tx.nextSequence();
    Map<String, String> data =
        Map.of("org_id", site.orgId(), "site_id", site.siteId(), "endpoint_id", endpointId);
    String id = store(tx, sequence, EventTypes.PING, site.orgId(), null, tx.now(), data, false);
    enqueue(tx, endpointId, sequence);
    return id;
  }

  private static String store(
      Store.Tx tx,
      long sequence,
      String type,
      String orgId,
      String subject,
      Instant time,
      Map<String, ?> data,
      boolean backfill)
      throws SQLException {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("specversion", "1.0");
    event.put("id", "evt_" + UUID.randomUUID());
    event.put("source", "urn:meridian:org:" + orgId);
    event.put("type", type);
    event.put("time", time.toString());
    if (subject != null) event.put("subject", subject);
    event.put("datacontenttype", "application/json");
    event.put("sequence", String.format("%012d", sequence));
    event.put("data", data);
    tx.update(
        "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)",
        sequence,
        event.get("id"),
        orgId,
        Store.nanos(tx.now()),
        backfill,
        Json.write(event));
    return (String) event.get("id");
  }

  private static void enqueue(Store.Tx tx, String endpointId, long event) throws SQLException {
    tx.update("INSERT INTO deliveries VALUES (?, ?, 0, 0)", endpointId, event);
  }
}
