package com.example.meridian;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;

/**
 * Cursors and sync tokens. They carry their own content and a MAC over it, so the server keeps
 * nothing for them, and nobody can make one up or use one for another credential or other filters.
 */
final class Tokens {
  /** A position in a listing: what it describes, and the last item that was given out. */
  record Position(String snapshotId, String asOf, long upTo, String after) {}

  private record Content(
      String purpose, String credential, String filters, long issuedAt, Position position) {}

  private final Vault vault;

  Tokens(Vault vault) {
    this.vault = vault;
  }

  String seal(String purpose, String credential, String filters, Position position) {
    Content content =
        new Content(purpose, credential, filters, Instant.now().getEpochSecond(), position);
    return sealed(Json.write(content).getBytes(StandardCharsets.UTF_8));
  }

  private String sealed(byte[] json) {
    Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
    return encoder.encodeToString(json) + "." + encoder.encodeToString(vault.mac(json));
  }

  /**
   * The position that a token holds.
   *
   * @throws Problem 400 if the token is not ours or was issued for another call; 410 if it expired
   */
  Position open(
      String token, String purpose, String credential, String filters, Duration lifetime) {
    Content content = verified(token, purpose);
    if (!content.purpose().equals(purpose)
        || !content.credential().equals(credential)
        || !content.filters().equals(filters)) {
      throw invalid(purpose, "It was issued for another call: repeat the filters with it.");
    }
    if (Instant.ofEpochSecond(content.issuedAt()).plus(lifetime).isBefore(Instant.now())) {
      throw new Problem(410, purpose + "_expired", "Expired", "Run a full listing.");
    }
    return content.position();
  }

  private Content verified(String token, String purpose) {
    int dot = token.indexOf('.');
    if (dot < 0) throw invalid(purpose, "This server did not issue it.");
    try {
      byte[] json = Base64.getUrlDecoder().decode(token.substring(0, dot));
      // Compares the text: other texts decode to the same bytes.
      byte[] expected = sealed(json).getBytes(StandardCharsets.UTF_8);
      if (MessageDigest.isEqual(expected, token.getBytes(StandardCharsets.UTF_8))) {
        return Json.read(new String(json, StandardCharsets.UTF_8), Content.class);
      }
    } catch (IllegalArgumentException notBase64) {
      // refused below, like any other token that is not ours
    }
    throw invalid(purpose, "This server did not issue it.");
  }

  private static Problem invalid(String purpose, String detail) {
    return new Problem(400, "invalid_" + purpose, "Invalid " + purpose, detail);
  }
}
