package com.example.meridian;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The vendor over HTTP, with what certification cannot see: restarts and what is on disk. */
class VendorTest {
  private static final String KEY = "meridian-sandbox-key";

  /** What the consumer received. */
  private record Received(String id, String signature, String body) {}

  @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
  private volatile int consumerAnswers = 204;
  private HttpServer consumer;
  private Main.Running vendor;

  @BeforeEach
  void start() throws Exception {
    consumer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    consumer.createContext(
        "/",
        exchange -> {
          try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            received.add(
                new Received(
                    exchange.getRequestHeaders().getFirst("webhook-id"),
                    exchange.getRequestHeaders().getFirst("webhook-signature"),
                    new String(body, StandardCharsets.UTF_8)));
            exchange.sendResponseHeaders(consumerAnswers, -1);
          }
        });
    consumer.start();
    startVendor();
  }

  private void startVendor() throws Exception {
    String[] arguments = {
      "--listen", "127.0.0.1:0", "--database", folder.resolve("vendor.db").toString()
    };
    vendor = Main.start(Settings.read(arguments, Map.of()));
  }

  @AfterEach
  void stop() throws Exception {
    vendor.close();
    consumer.stop(0);
  }

  @Test
  void deliversAfterARestartWhatTheConsumerRefused() throws Exception {
    register();
    consumerAnswers = 500;
    String camera = aCamera();
    call("POST", "/sandbox/devices/" + camera + "/status", "{\"status\":\"offline\"}");
    Received refused = received.poll(20, TimeUnit.SECONDS);
    vendor.close();
    consumerAnswers = 204;
    startVendor();
    Received delivered = received.poll(20, TimeUnit.SECONDS);
    assertEquals(refused.id(), delivered.id());
    assertEquals(refused.body(), delivered.body());
  }

  @Test
  void keepsCursorsAndSyncTokensAcrossARestart() throws Exception {
    JsonNode first = json(call("GET", "/v1/devices?limit=3", null));
    String token = json(call("GET", "/v1/devices?limit=500", null)).get("sync_token").asText();
    String camera = aCamera();
    call("POST", "/sandbox/devices/" + camera + "/status", "{\"status\":\"offline\"}");
    vendor.close();
    startVendor();
    String next = "/v1/devices?limit=3&cursor=" + first.get("next_cursor").asText();
    JsonNode second = json(call("GET", next, null));
    assertEquals(first.get("snapshot"), second.get("snapshot"));
    JsonNode changes = json(call("GET", "/v1/devices?since=" + token, null));
    assertEquals(1, changes.get("data").size());
    assertEquals(camera, changes.get("data").get(0).get("device_id").asText());
  }

  @Test
  void keepsNoSecretInClear() throws Exception {
    String secret = register().get("secret").asText();
    vendor.close();
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String content = Files.readString(file, StandardCharsets.ISO_8859_1);
        assertFalse(content.contains(secret), file + " has the signing secret");
      }
    }
    startVendor();
  }

  @Test
  void signsWithBothSecretsAfterARotation() throws Exception {
    JsonNode endpoint = register();
    String path = "/v1/webhook-endpoints/" + endpoint.get("endpoint_id").asText();
    String rotated = json(call("POST", path + "/rotate-secret", null)).get("secret").asText();
    assertNotEquals(endpoint.get("secret").asText(), rotated);
    call("POST", path + "/ping", null);
    Received ping = received.poll(20, TimeUnit.SECONDS);
    assertEquals(2, ping.signature().split(" ").length);
  }

  @Test
  void hidesDevicesBehindALostConnectorAndShowsThemAgain() throws Exception {
    String connector = idOf("video_gateway");
    JsonNode devices = json(call("GET", "/v1/devices?limit=500", null)).get("data");
    String behind = "";
    for (JsonNode device : devices) {
      if (device.path("parent_device_id").asText().equals(connector)) {
        behind = device.get("device_id").asText();
      }
    }
    String status = "/sandbox/devices/" + connector + "/status";
    call("POST", status, "{\"status\":\"offline\"}");
    JsonNode lost = json(call("GET", "/v1/devices/" + behind, null));
    assertEquals("unknown", lost.get("status").asText());
    assertEquals("parent_unreachable", lost.get("status_reason").asText());
    String report = "/sandbox/devices/" + behind + "/status";
    assertEquals(409, call("POST", report, "{\"status\":\"online\"}").statusCode());
    call("POST", status, "{\"status\":\"degraded\"}");
    JsonNode back = json(call("GET", "/v1/devices/" + behind, null));
    assertEquals("online", back.get("status").asText());
    assertFalse(back.has("status_reason"));
  }

  @ParameterizedTest
  @CsvSource({
    "limit=0, 400",
    "limit=, 400",
    "cursor=, 400",
    "since=, 400",
    "org_id=, 404",
    "site_id=x, 404",
    "limit=1&limit=2, 400",
    "site_id=%zz, 400",
    "limit=0000000001, 200",
    "unknown=1&unknown=2, 200",
    "limit=99999999999999999999, 200"
  })
  void judgesParameters(String query, int status) throws Exception {
    // A client of Java refuses to send a malformed URL, so this one goes by socket.
    assertEquals(status, statusOf("/v1/devices?" + query));
  }

  @Test
  void isAProductionServerWithoutSandboxControl() throws Exception {
    String[] arguments = {
      "--listen", "127.0.0.1:0", "--production", "--database", folder.resolve("p.db").toString()
    };
    assertThrows(IllegalArgumentException.class, () -> Settings.read(arguments, Map.of()));
    Settings settings =
        Settings.read(arguments, Map.of("VENDOR_PRODUCTION_API_KEY", "a key of production"));
    try (Main.Running production = Main.start(settings)) {
      URI manifest = URI.create(production.url() + "/.well-known/vendor-cloud");
      var answer = http.send(HttpRequest.newBuilder(manifest).build(), BodyHandlers.ofByteArray());
      assertFalse(Json.parse(answer.body()).has("sandbox"));
    }
  }

  @ParameterizedTest
  @CsvSource({"0001-01-01T00:00:00Z, 410", "9999-12-31T23:59:59.999999999Z, 200", "now, 400"})
  void judgesMoments(String after, int status) throws Exception {
    assertEquals(status, statusOf("/v1/events?after=" + after));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/devices/%zz", "/v1/devices/a%00b", "/v1/orgs/%"})
  void answersAMalformedPathWithAProblem(String path) throws Exception {
    assertTrue(List.of(400, 404).contains(statusOf(path)));
  }

  @Test
  void refusesATokenThatDecodesToTheSameBytes() throws Exception {
    String token = json(call("GET", "/v1/devices?limit=500", null)).get("sync_token").asText();
    assertEquals(200, statusOf("/v1/devices?since=" + token));
    char last = token.charAt(token.length() - 1);
    String other = token.substring(0, token.length() - 1) + (char) (last + 1);
    assertEquals(400, statusOf("/v1/devices?since=" + other));
  }

  private int statusOf(String path) throws Exception {
    URI url = URI.create(vendor.url());
    try (Socket socket = new Socket(url.getHost(), url.getPort())) {
      String request =
          "GET "
              + path
              + " HTTP/1.1\r\nHost: vendor\r\nConnection: close\r\n"
              + "Authorization: Bearer "
              + KEY
              + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertTrue(answer.contains("application/json") || answer.contains("problem+json"), answer);
      return Integer.parseInt(answer.split(" ")[1]);
    }
  }

  private JsonNode register() throws Exception {
    String url = "http://127.0.0.1:" + consumer.getAddress().getPort() + "/hook";
    return json(
        call("POST", "/v1/webhook-endpoints", Json.write(new HashMap<>(Map.of("url", url)))));
  }

  private String aCamera() throws Exception {
    return idOf("camera");
  }

  private String idOf(String type) throws Exception {
    JsonNode devices = json(call("GET", "/v1/devices?limit=500", null)).get("data");
    for (JsonNode device : devices) {
      if (device.get("type").asText().equals(type)) return device.get("device_id").asText();
    }
    throw new AssertionError("no " + type);
  }

  private HttpResponse<byte[]> call(String method, String path, String body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(vendor.url() + path))
            .header("Authorization", "Bearer " + KEY)
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (body != null) request.header("Content-Type", "application/json");
    return http.send(request.build(), BodyHandlers.ofByteArray());
  }

  private static JsonNode json(HttpResponse<byte[]> response) throws IOException {
    assertTrue(List.of(200, 201).contains(response.statusCode()), () -> "" + response.statusCode());
    return Json.parse(response.body());
  }
}
