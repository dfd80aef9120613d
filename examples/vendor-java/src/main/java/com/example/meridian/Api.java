package com.example.meridian;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPOutputStream;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** The calls of the contract, over HTTP. */
final class Api extends Handler.Abstract {
  private static final System.Logger LOG = System.getLogger(Api.class.getName());
  private static final int MAX_BODY = 64 * 1024;
  private static final int GZIP_FROM = 1024;
  private static final Set<String> PARAMETERS =
      Set.of("limit", "cursor", "org_id", "site_id", "since", "after");

  /** A call: the values of `{}` in the route, the query parameters that we know, the body. */
  record Call(
      Directory.Credential credential, List<String> ids, Map<String, String> query, JsonNode body) {
    String id() {
      return ids.get(0);
    }
  }

  /** An answer; without a body if that is null. */
  record Answer(int status, Object body, String etag) {
    Answer(int status, Object body) {
      this(status, body, null);
    }
  }

  private interface Handler {
    Answer handle(Call call);
  }

  /** A path with `{}` for ids; `needs` says what a caller needs. */
  private record Route(String method, String[] path, Needs needs, boolean body, Handler handler) {
    /** The ids in the path, or null if this is another path. */
    List<String> match(String[] segments) {
      if (segments.length != path.length) return null;
      List<String> ids = new java.util.ArrayList<>();
      for (int i = 0; i < path.length; i++) {
        if (path[i].equals("{}")) ids.add(segments[i]);
        else if (!path[i].equals(segments[i])) return null;
      }
      return ids;
    }
  }

  private enum Needs {
    NOTHING,
    CREDENTIAL,
    SANDBOX
  }

  private final Store store;
  private final Directory directory;
  private final Inventory inventory;
  private final Events events;
  private final Sandbox sandbox;
  private final Fleet fleet;
  private final Endpoints endpoints;
  private final Outbox outbox;
  private final List<Route> routes;

  Api(
      Map<String, Object> manifest,
      Store store,
      Directory directory,
      Inventory inventory,
      Events events,
      Fleet fleet,
      Endpoints endpoints,
      Outbox outbox) {
    this.store = store;
    this.directory = directory;
    this.inventory = inventory;
    this.events = events;
    this.fleet = fleet;
    this.sandbox = new Sandbox(fleet);
    this.endpoints = endpoints;
    this.outbox = outbox;
    this.routes =
        List.of(
            open("/.well-known/vendor-cloud", call -> new Answer(200, manifest)),
            get("/v1/orgs", call -> page(inventory.orgs(call.credential(), call.query()))),
            get("/v1/sites", call -> page(inventory.sites(call.credential(), call.query()))),
            get("/v1/devices", call -> page(inventory.devices(call.credential(), call.query()))),
            get("/v1/devices/{}", call -> page(inventory.device(call.credential(), call.id()))),
            get("/v1/event-catalog", call -> new Answer(200, Map.of("data", EventTypes.ALL))),
            get("/v1/events", call -> page(inventory.events(call.credential(), call.query()))),
            get("/v1/webhook-endpoints", this::listEndpoints),
            post("/v1/webhook-endpoints", this::registerEndpoint),
            call("DELETE", "/v1/webhook-endpoints/{}", this::deleteEndpoint),
            call("POST", "/v1/webhook-endpoints/{}/rotate-secret", this::rotateSecret),
            call("POST", "/v1/webhook-endpoints/{}/ping", this::ping),
            control("POST", "/sandbox/devices", true, this::addDevice),
            control("DELETE", "/sandbox/devices/{}", false, this::removeDevice),
            control("POST", "/sandbox/devices/{}/status", true, this::setStatus),
            control("POST", "/sandbox/devices/{}/events", true, this::publishEvent),
            control("POST", "/sandbox/devices/{}/move", true, this::moveDevice));
  }

  /** Answers one request. */
  @Override
  public boolean handle(Request request, Response response, Callback callback) throws IOException {
    Answer answer;
    try {
      answer = answer(request, response.getHeaders());
    } catch (Problem problem) {
      if (problem.status == 401) response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer");
      answer = new Answer(problem.status, problem.body());
    } catch (RuntimeException defect) {
      LOG.log(System.Logger.Level.ERROR, "A call failed.", defect);
      Problem problem =
          new Problem(500, "internal_error", "Internal error", "Repeat the call later.");
      answer = new Answer(500, problem.body());
    }
    send(request, response, answer, callback);
    return true;
  }

  /** Answers a request that the server could not read, such as one with a malformed URL. */
  static boolean unreadable(Request request, Response response, Callback callback)
      throws IOException {
    int status = response.getStatus() >= 400 ? response.getStatus() : 400;
    Problem problem =
        new Problem(
            status, "invalid_parameter", "Unreadable request", "Check the URL and headers.");
    send(request, response, new Answer(status, problem.body()), callback);
    return true;
  }

  private Answer answer(Request request, HttpFields.Mutable headers) throws IOException {
    String[] segments = segments(request.getHttpURI().getPath());
    Set<String> allowed = new TreeSet<>();
    for (Route route : routes) {
      List<String> ids = route.match(segments);
      if (ids == null) continue;
      allowed.add(route.method());
      if (!route.method().equals(request.getMethod())) continue;
      Directory.Credential credential = authorize(request.getHeaders(), route.needs());
      Map<String, String> query = query(request.getHttpURI().getQuery());
      JsonNode body = route.body() ? body(request) : null;
      Answer answer = route.handler().handle(new Call(credential, ids, query, body));
      return withEtag(request, headers, query, answer);
    }
    if (allowed.isEmpty()) {
      throw new Problem(404, "not_found", "Not found", "The contract has no such path.");
    }
    headers.put(HttpHeader.ALLOW, String.join(", ", allowed));
    throw new Problem(
        405, "method_not_allowed", "Method not allowed", "Use " + String.join(" or ", allowed));
  }

  private Directory.Credential authorize(HttpFields headers, Needs needs) {
    if (needs == Needs.NOTHING) return null;
    List<HttpField> sent = headers.getFields(HttpHeader.AUTHORIZATION);
    String value = sent.size() == 1 ? sent.get(0).getValue() : "";
    Directory.Credential credential =
        value.regionMatches(true, 0, "Bearer ", 0, 7)
            ? directory.byKey(value.substring(7).trim())
            : null;
    if (credential == null) {
      throw new Problem(
          401, "unauthorized", "Unauthorized", "Send Authorization: Bearer with a valid API key.");
    }
    if (needs == Needs.SANDBOX && !credential.sandbox()) {
      throw new Problem(403, "forbidden", "Forbidden", "Only a sandbox tenant has this control.");
    }
    return credential;
  }

  private static JsonNode body(Request request) throws IOException {
    String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
    if (type != null && !type.split(";")[0].trim().equalsIgnoreCase("application/json")) {
      throw new Problem(
          415, "unsupported_media_type", "Unsupported media type", "Send application/json.");
    }
    byte[] bytes = Content.Source.asInputStream(request).readNBytes(MAX_BODY + 1);
    if (bytes.length > MAX_BODY) {
      throw new Problem(413, "payload_too_large", "Payload too large", "Send at most 64 KiB.");
    }
    JsonNode body;
    try {
      body = Json.parse(bytes);
    } catch (IOException malformed) {
      throw new Problem(400, "malformed_body", "Malformed body", "The body is not JSON.");
    }
    if (!body.isObject()) throw Problem.invalidBody("The body must be a JSON object.");
    return body;
  }

  /** The parameters of the contract. Others are ignored, and each may occur once. */
  private static Map<String, String> query(String raw) {
    Map<String, String> query = new HashMap<>();
    if (raw == null) return query;
    for (String pair : raw.split("&")) {
      String[] parts = pair.split("=", 2);
      String name = decode(parts[0]);
      if (!PARAMETERS.contains(name)) continue;
      String value = parts.length == 1 ? "" : decode(parts[1]);
      if (query.put(name, value) != null) {
        throw Problem.invalidParameter(name + " may occur only once.");
      }
    }
    return query;
  }

  /** The decoded segments of a path: an id may contain an encoded slash, and a plus is a plus. */
  private static String[] segments(String rawPath) {
    return Arrays.stream(rawPath.split("/", -1))
        .map(s -> decode(s.replace("+", "%2B")))
        .toArray(String[]::new);
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      throw Problem.invalidParameter("The URL has a % without two hexadecimal digits.");
    }
  }

  private static Answer withEtag(
      Request request, HttpFields.Mutable headers, Map<String, String> query, Answer answer) {
    if (answer.etag() == null) return answer;
    headers.put(HttpHeader.ETAG, answer.etag());
    String known = request.getHeaders().get(HttpHeader.IF_NONE_MATCH);
    if (known == null || query.containsKey("cursor")) return answer;
    boolean unchanged =
        Arrays.stream(known.split(","))
            .map(String::trim)
            .anyMatch(tag -> tag.equals("*") || weak(tag).equals(weak(answer.etag())));
    return unchanged ? new Answer(304, null) : answer;
  }

  private static String weak(String etag) {
    return etag.startsWith("W/") ? etag.substring(2) : etag;
  }

  private static void send(Request request, Response response, Answer answer, Callback callback)
      throws IOException {
    response.setStatus(answer.status());
    if (answer.body() == null) {
      callback.succeeded();
      return;
    }
    byte[] body = Json.write(answer.body()).getBytes(StandardCharsets.UTF_8);
    HttpFields.Mutable headers = response.getHeaders();
    headers.put(
        HttpHeader.CONTENT_TYPE,
        answer.status() >= 400 ? "application/problem+json" : "application/json");
    headers.put(HttpHeader.VARY, "Accept-Encoding");
    if (body.length >= GZIP_FROM && acceptsGzip(request.getHeaders())) {
      headers.put(HttpHeader.CONTENT_ENCODING, "gzip");
      ByteArrayOutputStream compressed = new ByteArrayOutputStream();
      try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
        gzip.write(body);
      }
      body = compressed.toByteArray();
    }
    response.write(true, ByteBuffer.wrap(body), callback);
  }

  private static boolean acceptsGzip(HttpFields headers) {
    String accepted = headers.get(HttpHeader.ACCEPT_ENCODING);
    if (accepted == null) return false;
    return Arrays.stream(accepted.toLowerCase(Locale.ROOT).split(","))
        .map(coding -> coding.replace(" ", ""))
        .anyMatch(c -> c.equals("gzip") || c.startsWith("gzip;") && !c.matches(".*;q=0(\\.0*)?"));
  }

  private static Answer page(Inventory.Page page) {
    return new Answer(200, page.body(), page.etag());
  }

  private Answer listEndpoints(Call call) {
    return new Answer(
        200, Map.of("data", store.transaction(tx -> Endpoints.list(tx, call.credential()))));
  }

  private Answer registerEndpoint(Call call) {
    return new Answer(
        201, store.transaction(tx -> endpoints.register(tx, call.credential(), call.body())));
  }

  private Answer deleteEndpoint(Call call) {
    store.transaction(
        tx -> {
          Endpoints.delete(tx, Endpoints.owned(tx, call.credential(), call.id()));
          return null;
        });
    return new Answer(204, null);
  }

  private Answer rotateSecret(Call call) {
    return new Answer(
        200,
        store.transaction(
            tx -> endpoints.rotate(tx, Endpoints.owned(tx, call.credential(), call.id()))));
  }

  private Answer ping(Call call) {
    String id =
        change(
            tx -> {
              Endpoints.Endpoint endpoint = Endpoints.owned(tx, call.credential(), call.id());
              if (!endpoint.isActive()) {
                throw new Problem(
                    409, "endpoint_stopped", "Endpoint stopped", "Register the URL again.");
              }
              Directory.Site site =
                  Directory.sitesOf(call.credential()).stream()
                      .filter(s -> endpoint.orgId() == null || endpoint.orgId().equals(s.orgId()))
                      .findFirst()
                      .orElseThrow();
              return events.ping(tx, endpoint.endpointId(), site);
            });
    return new Answer(202, Map.of("event_id", id));
  }

  private Answer setStatus(Call call) {
    return new Answer(200, change(tx -> sandbox.status(tx, device(tx, call), call.body())));
  }

  private Answer publishEvent(Call call) {
    String id = change(tx -> sandbox.event(tx, device(tx, call), call.body()));
    return new Answer(202, Map.of("event_id", id));
  }

  private Answer addDevice(Call call) {
    return new Answer(201, change(tx -> sandbox.add(tx, call.credential(), call.body())));
  }

  private Answer moveDevice(Call call) {
    return new Answer(
        200, change(tx -> sandbox.move(tx, call.credential(), device(tx, call), call.body())));
  }

  private Answer removeDevice(Call call) {
    change(
        tx -> {
          fleet.remove(tx, device(tx, call));
          return null;
        });
    return new Answer(204, null);
  }

  private static Device device(Store.Tx tx, Call call) throws java.sql.SQLException {
    return Fleet.visible(tx, call.credential(), call.id());
  }

  /** Runs a transaction that may have put deliveries into the outbox. */
  private <T> T change(Store.Work<T> work) {
    T result = store.transaction(work);
    outbox.wake();
    return result;
  }

  private static Route open(String path, Handler handler) {
    return new Route("GET", path.split("/"), Needs.NOTHING, false, handler);
  }

  private static Route get(String path, Handler handler) {
    return call("GET", path, handler);
  }

  private static Route post(String path, Handler handler) {
    return new Route("POST", path.split("/"), Needs.CREDENTIAL, true, handler);
  }

  private static Route call(String method, String path, Handler handler) {
    return new Route(method, path.split("/"), Needs.CREDENTIAL, false, handler);
  }

  private static Route control(String method, String path, boolean body, Handler handler) {
    return new Route(method, path.split("/"), Needs.SANDBOX, body, handler);
  }
}
