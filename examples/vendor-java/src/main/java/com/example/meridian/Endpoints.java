package com.example.meridian;

import com.fasterxml.jackson.databind.JsonNode;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The destinations that consumers registered, and the secrets that their deliveries are signed
 * with.
 */
final class Endpoints {
  /** How long a replaced secret still signs: at least 24 hours, and one for clocks and patience. */
  private static final Duration OVERLAP = Duration.ofHours(25);

  private static final int SECRETS_KEPT = 3;

  /** A registration; `eventTypes` is null for every type, `orgId` for every org. */
  record Endpoint(
      String endpointId,
      String credential,
      String url,
      String orgId,
      List<String> eventTypes,
      String createdAt,
      String state) {
    boolean isActive() {
      return state.equals("active");
    }

    boolean wants(String type, String eventOrgId) {
      return (orgId == null || orgId.equals(eventOrgId))
          && (eventTypes == null || eventTypes.isEmpty() || eventTypes.contains(type));
    }

    Map<String, Object> shown() {
      Map<String, Object> shown = new LinkedHashMap<>();
      shown.put("endpoint_id", endpointId);
      shown.put("url", url);
      if (orgId != null) shown.put("org_id", orgId);
      if (eventTypes != null) shown.put("event_types", eventTypes);
      shown.put("created_at", createdAt);
      shown.put("state", state);
      if (!isActive()) shown.put("stopped_reason", "gone");
      return shown;
    }
  }

  private final Vault vault;
  private final Destinations destinations;

  Endpoints(Vault vault, Destinations destinations) {
    this.vault = vault;
    this.destinations = destinations;
  }

  /** Registers a destination. Only this answer and that of a rotation show a secret. */
  Map<String, Object> register(Store.Tx tx, Directory.Credential credential, JsonNode body)
      throws SQLException {
    String url = Bodies.text(body, "url", 2048);
    String orgId = Bodies.optionalText(body, "org_id", 256);
    if (orgId != null) Directory.requireOrg(credential, orgId);
    List<String> eventTypes = eventTypes(body.get("event_types"));
    destinations.check(url);
    Endpoint endpoint =
        new Endpoint(
            "we_" + UUID.randomUUID(),
            credential.id(),
            url,
            orgId,
            eventTypes,
            tx.now().toString(),
            "active");
    tx.update(
        "INSERT INTO endpoints VALUES (?, ?, ?, ?, ?, ?, ?)",
        endpoint.endpointId(),
        endpoint.credential(),
        url,
        orgId,
        eventTypes == null ? null : Json.write(eventTypes),
        endpoint.createdAt(),
        endpoint.state());
    Map<String, Object> created = endpoint.shown();
    created.put("secret", newSecret(tx, endpoint.endpointId()));
    return created;
  }

  static List<Map<String, Object>> list(Store.Tx tx, Directory.Credential credential)
      throws SQLException {
    return tx
        .list(
            Endpoints::read,
            "SELECT * FROM endpoints WHERE credential = ? ORDER BY created_at",
            credential.id())
        .stream()
        .map(Endpoint::shown)
        .toList();
  }

  static List<Endpoint> active(Store.Tx tx) throws SQLException {
    return tx.list(Endpoints::read, "SELECT * FROM endpoints WHERE state = 'active'");
  }

  /** The endpoint with this id, or null. */
  static Endpoint find(Store.Tx tx, String endpointId) throws SQLException {
    return tx.one(Endpoints::read, "SELECT * FROM endpoints WHERE endpoint_id = ?", endpointId);
  }

  /** The endpoint with this id, if the credential registered it. */
  static Endpoint owned(Store.Tx tx, Directory.Credential credential, String endpointId)
      throws SQLException {
    Endpoint endpoint = find(tx, endpointId);
    if (endpoint == null || !endpoint.credential().equals(credential.id())) {
      throw Problem.unknown("endpoint");
    }
    return endpoint;
  }

  static void delete(Store.Tx tx, Endpoint endpoint) throws SQLException {
    tx.update("DELETE FROM deliveries WHERE endpoint_id = ?", endpoint.endpointId());
    tx.update("DELETE FROM secrets WHERE endpoint_id = ?", endpoint.endpointId());
    tx.update("DELETE FROM endpoints WHERE endpoint_id = ?", endpoint.endpointId());
  }

  /** After a 410: the endpoint gets nothing more, and what was waiting for it is dropped. */
  static void stop(Store.Tx tx, String endpointId) throws SQLException {
    tx.update("DELETE FROM deliveries WHERE endpoint_id = ?", endpointId);
    tx.update("UPDATE endpoints SET state = 'stopped' WHERE endpoint_id = ?", endpointId);
  }

  /** Makes a new secret; each older one goes on signing until its own time has passed. */
  Map<String, Object> rotate(Store.Tx tx, Endpoint endpoint) throws SQLException {
    Instant expiresAt = tx.now().plus(OVERLAP);
    tx.update(
        "UPDATE secrets SET expires_at = ? WHERE endpoint_id = ? AND expires_at IS NULL",
        Store.nanos(expiresAt),
        endpoint.endpointId());
    String secret = newSecret(tx, endpoint.endpointId());
    Map<String, Object> rotated = new LinkedHashMap<>();
    rotated.put("secret", secret);
    rotated.put("previous_expires_at", expiresAt.toString());
    return rotated;
  }

  /** The secrets that sign now, the newest first. */
  List<String> secrets(Store.Tx tx, String endpointId) throws SQLException {
    return tx.list(
        row -> vault.decrypt(row.getBytes(1)),
        "SELECT secret FROM secrets WHERE endpoint_id = ? AND (expires_at IS NULL OR expires_at > ?)"
            + " ORDER BY sequence DESC LIMIT ?",
        endpointId,
        Store.nanos(Instant.now()),
        SECRETS_KEPT);
  }

  private String newSecret(Store.Tx tx, String endpointId) throws SQLException {
    byte[] bytes = new byte[32];
    new SecureRandom().nextBytes(bytes);
    String secret = "whsec_" + Base64.getEncoder().encodeToString(bytes);
    tx.update(
        "INSERT INTO secrets VALUES (?, ?, ?, NULL)",
        tx.nextSequence(),
        endpointId,
        vault.encrypt(secret));
    return secret;
  }

  private static List<String> eventTypes(JsonNode types) {
    if (types == null || types.isNull()) return null;
    if (!types.isArray()) throw Problem.invalidBody("event_types must be a list of event types.");
    List<String> result = new ArrayList<>();
    for (JsonNode type : types) {
      if (!type.isTextual()) throw Problem.invalidBody("An event type must be a text.");
      if (!EventTypes.isKnown(type.textValue())) {
        throw new Problem(
            400,
            "unknown_event_type",
            "Unknown event type",
            "GET /v1/event-catalog lists the types that this vendor publishes.");
      }
      result.add(type.textValue());
    }
    return result;
  }

  private static Endpoint read(ResultSet row) throws SQLException {
    String types = row.getString("event_types");
    return new Endpoint(
        row.getString("endpoint_id"),
        row.getString("credential"),
        row.getString("url"),
        row.getString("org_id"),
        types == null ? null : List.of(Json.read(types, String[].class)),
        row.getString("created_at"),
        row.getString("state"));
  }
}
