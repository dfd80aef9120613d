package com.example.meridian;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The customers of this example: their orgs, sites and credentials. */
final class Directory {
  record Org(String orgId, String name) {}

  record Address(String street, String city, String region, String postalCode, String country) {}

  record Site(String siteId, String orgId, String name, Address address, String timezone) {}

  /** A credential sees its orgs and nothing else. */
  record Credential(String id, List<String> orgIds, boolean sandbox) {
    boolean sees(String orgId) {
      return orgIds.contains(orgId);
    }
  }

  static final Org UNIVERSITY = org("Northfield University");
  static final Org HOSPITAL = org("Northfield Hospital");
  static final Org MUSEUM = org("Harbor Museum");
  static final Org AIRPORT = org("Lakeside Airport");

  static final Site SCIENCE_HALL = site(UNIVERSITY, "Science Hall", "12 College Road");
  static final Site LIBRARY = site(UNIVERSITY, "Library", "14 College Road");
  static final Site NEW_DORMITORY = site(UNIVERSITY, "New Dormitory", "2 Elm Street");
  static final Site CLINIC = site(HOSPITAL, "Clinic", "1 Hospital Drive");
  static final Site GALLERY = site(MUSEUM, "Gallery", "8 Pier Street");
  static final Site TERMINAL = site(AIRPORT, "Terminal", "1 Airport Way");

  static final List<Org> ORGS = List.of(UNIVERSITY, HOSPITAL, MUSEUM, AIRPORT);
  static final List<Site> SITES =
      List.of(SCIENCE_HALL, LIBRARY, NEW_DORMITORY, CLINIC, GALLERY, TERMINAL);

  private final Map<String, Credential> byKeyHash = new HashMap<>();

  Directory(Settings settings) {
    Map<String, String> keys = settings.apiKeys();
    issue(keys.get("sandbox"), "sandbox", List.of(UNIVERSITY, HOSPITAL), settings.sandbox());
    issue(keys.get("second"), "second", List.of(MUSEUM), settings.sandbox());
    issue(keys.get("production"), "production", List.of(AIRPORT), false);
  }

  private void issue(String key, String id, List<Org> orgs, boolean sandbox) {
    if (key == null) return;
    byKeyHash.put(hash(key), new Credential(id, orgs.stream().map(Org::orgId).toList(), sandbox));
  }

  /** The credential of an API key, or null. Looking up a hash takes equally long for every key. */
  Credential byKey(String key) {
    return byKeyHash.get(hash(key));
  }

  /** The credential with this id, or null if it was withdrawn. */
  Credential byId(String id) {
    return byKeyHash.values().stream().filter(c -> c.id().equals(id)).findAny().orElse(null);
  }

  static List<Org> orgsOf(Credential credential) {
    return ORGS.stream().filter(org -> credential.sees(org.orgId())).toList();
  }

  static List<Site> sitesOf(Credential credential) {
    return SITES.stream().filter(site -> credential.sees(site.orgId())).toList();
  }

  /** The site with this id, if the credential sees it. */
  static Site site(Credential credential, String siteId) {
    return sitesOf(credential).stream()
        .filter(site -> site.siteId().equals(siteId))
        .findAny()
        .orElseThrow(() -> Problem.unknown("site"));
  }

  static void requireOrg(Credential credential, String orgId) {
    if (!credential.sees(orgId)) throw Problem.unknown("org");
  }

  static String stableId(String name) {
    return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
  }

  private static Org org(String name) {
    return new Org(stableId("org " + name), name);
  }

  private static Site site(Org org, String name, String street) {
    Address address = new Address(street, "Northfield", "MN", "55057", "US");
    return new Site(stableId("site " + name), org.orgId(), name, address, "America/Chicago");
  }

  private static String hash(String key) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
