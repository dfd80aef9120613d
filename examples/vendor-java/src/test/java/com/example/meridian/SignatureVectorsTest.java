package com.example.meridian;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The signature vectors of the contract, against the library and this vendor's signing. */
class SignatureVectorsTest {
  private static final long TOLERANCE_SECONDS = 300;

  @TestFactory
  Stream<DynamicTest> verifies() throws IOException {
    return cases()
        .map(
            c ->
                DynamicTest.dynamicTest(
                    c.get("name").textValue(),
                    () ->
                        assertEquals(
                            c.get("valid").booleanValue(),
                            verify(c),
                            c.path("explanation").asText())));
  }

  @TestFactory
  Stream<DynamicTest> signs() throws IOException {
    List<JsonNode> signed =
        cases()
            // The library takes the body as text, and a vendor's events are text.
            .filter(c -> c.has("sign_with") && c.has("body"))
            .toList();
    assertTrue(signed.size() > 3, "the vectors have cases for signers");
    return signed.stream()
        .map(
            c ->
                DynamicTest.dynamicTest(
                    c.get("name").textValue(),
                    () -> {
                      Map<String, String> headers = headers(c);
                      String signature =
                          Outbox.sign(
                              texts(c.get("sign_with")),
                              headers.get("webhook-id"),
                              Long.parseLong(headers.get("webhook-timestamp")),
                              new String(body(c), StandardCharsets.UTF_8));
                      assertEquals(headers.get("webhook-signature"), signature);
                    }));
  }

  /**
   * What a consumer in Java does. The library takes the body as text and the machine's clock, so
   * this verifies with the JDK: over the bytes, and each comparison in constant time.
   */
  private static boolean verify(JsonNode c) throws GeneralSecurityException {
    Map<String, String> headers = headers(c);
    String id = headers.getOrDefault("webhook-id", "");
    String timestamp = headers.getOrDefault("webhook-timestamp", "");
    String signatures = headers.getOrDefault("webhook-signature", "");
    // An id with a dot could be split differently and still verify.
    if (!id.matches("[\\x21-\\x2d\\x2f-\\x7e]{1,256}") || !timestamp.matches("[0-9]{1,15}")) {
      return false;
    }
    long age = c.get("now").longValue() - Long.parseLong(timestamp);
    if (Math.abs(age) > TOLERANCE_SECONDS) return false;
    boolean matches = false;
    for (String key : texts(c.get("keys"))) {
      Mac mac = Mac.getInstance("HmacSHA256");
      byte[] secret = Base64.getDecoder().decode(key.substring("whsec_".length()));
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
      String expected = "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body(c)));
      for (String signature : signatures.split(" ")) {
        matches |= MessageDigest.isEqual(expected.getBytes(), signature.getBytes());
      }
    }
    return matches;
  }

  private static Stream<JsonNode> cases() throws IOException {
    String folder = System.getenv().getOrDefault("VECTORS", "../../spec/1.0/vectors");
    JsonNode file = Json.parse(Files.readAllBytes(Path.of(folder, "signatures.json")));
    return StreamSupport.stream(file.get("cases").spliterator(), false)
        .filter(c -> c.get("scheme").textValue().equals("v1"));
  }

  private static Map<String, String> headers(JsonNode c) {
    Map<String, String> headers = new HashMap<>();
    c.get("headers")
        .forEachEntry((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value.asText()));
    return headers;
  }

  private static byte[] body(JsonNode c) {
    return Base64.getDecoder().decode(c.get("body_base64").textValue());
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(text -> texts.add(text.textValue()));
    return texts;
  }
}
