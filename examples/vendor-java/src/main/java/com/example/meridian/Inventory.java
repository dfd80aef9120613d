package com.example.meridian;

import com.fasterxml.jackson.databind.util.RawValue;
import java.math.BigInteger;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The listings. Devices are kept in versions, so a cursor needs only the number of the change that
 * its listing describes: every page reads the versions that were current at that moment.
 */
final class Inventory {
  static final int MAX_PAGE_SIZE = 1000;
  static final int BACKFILL_HOURS = 72;
  static final int TOMBSTONE_DAYS = 30;
  private static final int DEFAULT_PAGE_SIZE = 100;
  private static final Duration CURSOR_LIFETIME = Duration.ofHours(1);
  private static final Instant LAST_MOMENT = Instant.parse("2262-01-01T00:00:00Z");
  private static final String VISIBLE = "org_id IN (SELECT value FROM json_each(?))";

  /** The state of the version `v` at change `upTo`. */
  private static final String AT =
      " v.sequence <= ? AND (v.replaced_by IS NULL OR v.replaced_by > ?) ";

  /** A page, and the ETag of its whole listing if this is page one. */
  record Page(Map<String, Object> body, String etag) {}

  private record Item(String id, Object value) {}

  private final Store store;
  private final Tokens tokens;

  Inventory(Store store, Tokens tokens) {
    this.store = store;
    this.tokens = tokens;
  }

  Page orgs(Directory.Credential credential, Map<String, String> query) {
    return fixed(credential, query, "orgs", Directory.orgsOf(credential), Directory.Org::orgId);
  }

  Page sites(Directory.Credential credential, Map<String, String> query) {
    String orgId = query.get("org_id");
    if (orgId != null) Directory.requireOrg(credential, orgId);
    List<Directory.Site> sites =
        Directory.sitesOf(credential).stream()
            .filter(site -> orgId == null || orgId.equals(site.orgId()))
            .toList();
    return fixed(credential, query, "sites " + orgId, sites, Directory.Site::siteId);
  }

  /** A list that only a new release of this program changes. */
  private <T> Page fixed(
      Directory.Credential credential,
      Map<String, String> query,
      String filters,
      List<T> all,
      Function<T, String> idOf) {
    int limit = limit(query);
    Listing listing = new Listing(credential, filters);
    return store.transaction(
        tx -> {
          Tokens.Position from = listing.start(tx, query.get("cursor"));
          List<Item> items =
              all.stream()
                  .map(value -> new Item(idOf.apply(value), value))
                  .sorted(Comparator.comparing(Item::id))
                  .filter(item -> item.id().compareTo(from.after()) > 0)
                  .limit(limit + 1L)
                  .toList();
          return listing.page(from, items, limit, (long) all.size(), etag(Json.write(all)), null);
        });
  }

  Page devices(Directory.Credential credential, Map<String, String> query) {
    int limit = limit(query);
    String orgId = query.get("org_id");
    if (orgId != null) Directory.requireOrg(credential, orgId);
    String siteId = query.get("site_id");
    if (siteId != null) {
      Directory.Site site = Directory.site(credential, siteId);
      if (orgId != null && !site.orgId().equals(orgId)) throw Problem.unknown("site");
    }
    String orgs = Json.write(orgId == null ? credential.orgIds() : List.of(orgId));
    String filters = "devices " + orgId + " " + siteId;
    String since = query.get("since");
    Tokens.Position earlier =
        since == null
            ? null
            : tokens.open(
                since, "sync_token", credential.id(), filters, Duration.ofDays(TOMBSTONE_DAYS));
    Listing listing = new Listing(credential, filters + " " + since);
    return store.transaction(
        tx -> {
          Tokens.Position from = listing.start(tx, query.get("cursor"));
          Selection selection =
              earlier == null
                  ? everything(orgs, siteId, from.upTo())
                  : changes(orgs, siteId, from.upTo(), earlier.upTo());
          List<Item> items =
              tx.list(
                  row -> new Item(row.getString(1), new RawValue(row.getString(2))),
                  "SELECT v.device_id, v.json "
                      + selection.from()
                      + " AND v.device_id > ? ORDER BY v.device_id LIMIT ?",
                  selection.with(from.after(), limit + 1));
          // Later versions have greater numbers: if the count is the same, the sum has grown.
          long[] summary =
              tx.one(
                  row -> new long[] {row.getLong(1), row.getLong(2)},
                  "SELECT count(*), coalesce(sum(v.sequence), 0) " + selection.from(),
                  selection.with());
          String etag = earlier == null ? "W/\"" + summary[0] + "-" + summary[1] + "\"" : null;
          Tokens.Position end = new Tokens.Position("", "", from.upTo(), "");
          String syncToken = tokens.seal("sync_token", credential.id(), filters, end);
          return listing.page(from, items, limit, summary[0], etag, syncToken);
        });
  }

  /** A device and its ETag. */
  Page device(Directory.Credential credential, String deviceId) {
    return store.transaction(
        tx -> {
          Device device = Fleet.visible(tx, credential, deviceId);
          Map<String, Object> body = new LinkedHashMap<>();
          Json.tree(device).forEachEntry(body::put);
          return new Page(body, etag(Json.write(device)));
        });
  }

  Page events(Directory.Credential credential, Map<String, String> query) {
    int limit = limit(query);
    String orgId = query.get("org_id");
    if (orgId != null) Directory.requireOrg(credential, orgId);
    String orgs = Json.write(orgId == null ? credential.orgIds() : List.of(orgId));
    String after = query.get("after");
    long since = after == null ? Long.MIN_VALUE : moment(after);
    Listing listing = new Listing(credential, "events " + orgId + " " + after);
    return store.transaction(
        tx -> {
          Tokens.Position from = listing.start(tx, query.get("cursor"));
          Instant kept = Instant.parse(from.asOf()).minus(Duration.ofHours(BACKFILL_HOURS));
          if (after != null && since < Store.nanos(kept)) {
            throw new Problem(
                410,
                "backfill_expired",
                "Older than the kept events",
                "Run a full listing: events are kept for " + BACKFILL_HOURS + " hours.");
          }
          List<Item> items =
              tx.list(
                  row -> new Item(row.getString(1), new RawValue(row.getString(2))),
                  "SELECT sequence, body FROM events WHERE backfill AND "
                      + VISIBLE
                      + " AND published_at >= ? AND sequence <= ? AND sequence > ?"
                      + " ORDER BY sequence LIMIT ?",
                  orgs,
                  since,
                  from.upTo(),
                  from.after().isEmpty() ? 0 : Long.parseLong(from.after()),
                  limit + 1);
          return listing.page(from, items, limit, null, null, null);
        });
  }

  /** Deletes what nobody may ask for any more. */
  void prune() {
    store.transaction(
        tx -> {
          Instant now = Instant.now();
          long versions = Store.nanos(now.minus(Duration.ofDays(TOMBSTONE_DAYS + 1)));
          tx.update(
              "DELETE FROM device_versions WHERE replaced_by IN"
                  + " (SELECT sequence FROM device_versions WHERE at < ?)",
              versions);
          tx.update("DELETE FROM device_versions WHERE removed AND at < ?", versions);
          return tx.update(
              "DELETE FROM events WHERE published_at < ?"
                  + " AND sequence NOT IN (SELECT event FROM deliveries)",
              Store.nanos(now.minus(Duration.ofHours(BACKFILL_HOURS + 1))));
        });
  }

  /** A part of an SQL statement with its parameters. */
  private record Selection(String from, List<Object> parameters) {
    Object[] with(Object... more) {
      return java.util.stream.Stream.concat(parameters.stream(), java.util.Arrays.stream(more))
          .toArray();
    }
  }

  private static Selection everything(String orgs, String siteId, long upTo) {
    String sql = "FROM device_versions v WHERE" + AT + "AND NOT v.removed AND v." + VISIBLE;
    return siteId == null
        ? new Selection(sql, List.of(upTo, upTo, orgs))
        : new Selection(sql + " AND v.site_id = ?", List.of(upTo, upTo, orgs, siteId));
  }

  /** What changed after `since`, also what was at the site at any moment after it. */
  private static Selection changes(String orgs, String siteId, long upTo, long since) {
    String sql = "FROM device_versions v WHERE" + AT + "AND v.sequence > ? AND v." + VISIBLE;
    return siteId == null
        ? new Selection(sql, List.of(upTo, upTo, since, orgs))
        : new Selection(
            sql
                + " AND EXISTS (SELECT 1 FROM device_versions w WHERE w.device_id = v.device_id"
                + " AND w.sequence <= ? AND (w.replaced_by IS NULL OR w.replaced_by > ?)"
                + " AND w.site_id = ?)",
            List.of(upTo, upTo, since, orgs, upTo, since, siteId));
  }

  /** One listing: what all its pages have in common. */
  private final class Listing {
    private final Directory.Credential credential;
    private final String filters;

    Listing(Directory.Credential credential, String filters) {
      this.credential = credential;
      this.filters = filters;
    }

    Tokens.Position start(Store.Tx tx, String cursor) throws SQLException {
      if (cursor != null) {
        return tokens.open(cursor, "cursor", credential.id(), filters, CURSOR_LIFETIME);
      }
      Instant now = tx.now();
      return new Tokens.Position(
          "snap_" + Store.nanos(now), now.toString(), tx.latestSequence(), "");
    }

    /** `items` has one more than fits on the page if there is another page. */
    Page page(
        Tokens.Position from,
        List<Item> items,
        int limit,
        Long totalCount,
        String etag,
        String syncToken) {
      boolean last = items.size() <= limit;
      List<Item> shown = last ? items : items.subList(0, limit);
      String cursor = null;
      if (!last) {
        String after = shown.get(limit - 1).id();
        Tokens.Position next =
            new Tokens.Position(from.snapshotId(), from.asOf(), from.upTo(), after);
        cursor = tokens.seal("cursor", credential.id(), filters, next);
      }
      Map<String, Object> snapshot = new LinkedHashMap<>();
      snapshot.put("id", from.snapshotId());
      snapshot.put("as_of", from.asOf());
      if (totalCount != null) snapshot.put("total_count", totalCount);
      Map<String, Object> body = new LinkedHashMap<>();
      body.put("data", shown.stream().map(Item::value).toList());
      body.put("next_cursor", cursor);
      body.put("snapshot", snapshot);
      if (last && syncToken != null) body.put("sync_token", syncToken);
      return new Page(body, from.after().isEmpty() ? etag : null);
    }
  }

  private static String etag(String content) {
    return "W/\"" + Directory.stableId(content) + "\"";
  }

  private static int limit(Map<String, String> query) {
    String limit = query.get("limit");
    if (limit == null) return DEFAULT_PAGE_SIZE;
    if (!limit.matches("0*[1-9][0-9]*")) {
      throw new Problem(400, "invalid_limit", "Invalid limit", "Send a positive integer.");
    }
    return new BigInteger(limit).min(BigInteger.valueOf(MAX_PAGE_SIZE)).intValue();
  }

  /** A moment in nanoseconds since 1970, or the first or last one that these can express. */
  private static long moment(String text) {
    try {
      if (text.matches("[0-9-]{10}T[0-9:]{8}(\\.[0-9]{1,9})?(Z|[+-]00:00)")) {
        Instant moment = OffsetDateTime.parse(text.replace("-00:00", "Z")).toInstant();
        if (moment.isBefore(Instant.EPOCH)) return 0;
        return moment.isAfter(LAST_MOMENT) ? Long.MAX_VALUE : Store.nanos(moment);
      }
    } catch (DateTimeException notAMoment) {
      // refused below
    }
    throw Problem.invalidParameter("after must be a time such as 2026-11-23T08:30:00Z.");
  }
}
