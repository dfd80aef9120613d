package com.example.meridian;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookSigningException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * Posts what is in the table `deliveries` until it succeeded. Each endpoint has its own slots, so a
 * slow one delays no other. A crash between a success and its record repeats that delivery.
 */
final class Outbox implements AutoCloseable {
  /** The waits before the retries, in seconds, as the manifest says: together more than a day. */
  static final List<Integer> RETRY_SCHEDULE = List.of(2, 6, 20, 60, 300, 1800, 7200, 21600, 57600);

  private static final System.Logger LOG = System.getLogger(Outbox.class.getName());
  private static final int SLOTS_PER_ENDPOINT = 16;
  private static final int MAX_CONNECTIONS = 10_000;
  private static final Timeout ANSWER_WITHIN = Timeout.ofSeconds(20);
  private static final long GIVE_UP_AFTER_SECONDS = 30;
  private static final Duration LONGEST_RETRY_AFTER = Duration.ofHours(1);

  /** A delivery that is due: one event for one endpoint. */
  record Delivery(String endpointId, long event, int attempts) {
    Key key() {
      return new Key(endpointId, event);
    }
  }

  private record Key(String endpointId, long event) {}

  /** What an attempt needs. */
  private record Attempt(String url, String eventId, String body, List<String> secrets) {}

  /** What came of an attempt: a status, or 0 without an answer, and the wait that it asked for. */
  record Outcome(int status, Duration retryAfter) {
    boolean succeeded() {
      return status >= 200 && status < 300;
    }
  }

  private final Store store;
  private final Directory directory;
  private final Endpoints endpoints;
  private final CloseableHttpClient client;
  private final ExecutorService senders = Executors.newCachedThreadPool();
  private final ScheduledExecutorService deadlines = Executors.newSingleThreadScheduledExecutor();
  private final Thread dispatcher = new Thread(this::dispatch, "outbox");
  private final Set<Key> inFlight = new HashSet<>();
  private boolean woken;
  private boolean closed;

  Outbox(Store store, Directory directory, Endpoints endpoints, Destinations destinations) {
    this.store = store;
    this.directory = directory;
    this.endpoints = endpoints;
    this.client =
        HttpClients.custom()
            .setConnectionManager(
                PoolingHttpClientConnectionManagerBuilder.create()
                    .setDnsResolver(destinations)
                    // Endpoints on one host share a route; the slots bound each of them.
                    .setMaxConnPerRoute(MAX_CONNECTIONS)
                    .setMaxConnTotal(MAX_CONNECTIONS)
                    .setDefaultConnectionConfig(
                        ConnectionConfig.custom()
                            .setConnectTimeout(Timeout.ofSeconds(10))
                            .setSocketTimeout(ANSWER_WITHIN)
                            .setValidateAfterInactivity(TimeValue.ZERO_MILLISECONDS)
                            .build())
                    .build())
            .setDefaultRequestConfig(
                RequestConfig.custom().setResponseTimeout(ANSWER_WITHIN).build())
            .disableRedirectHandling()
            .disableAutomaticRetries()
            .disableCookieManagement()
            .disableContentCompression()
            .setUserAgent("meridian/1.0")
            .build();
  }

  void start() {
    dispatcher.start();
  }

  /** Says that a delivery may have become due. */
  synchronized void wake() {
    woken = true;
    notifyAll();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    dispatcher.join();
    senders.shutdown();
    if (!senders.awaitTermination(2, TimeUnit.SECONDS)) senders.shutdownNow();
    deadlines.shutdownNow();
    client.close();
  }

  /** The next wait: what the schedule says and up to half more, or longer if the answer asks. */
  static Duration waitBefore(int retry, Duration retryAfter) {
    double jitter = 1 + ThreadLocalRandom.current().nextDouble() / 2;
    Duration scheduled = Duration.ofMillis((long) (RETRY_SCHEDULE.get(retry) * 1000 * jitter));
    return scheduled.compareTo(retryAfter) > 0 ? scheduled : retryAfter;
  }

  private void dispatch() {
    try {
      while (true) {
        for (Delivery delivery : take()) {
          senders.execute(() -> attempt(delivery));
        }
        synchronized (this) {
          if (!woken && !closed) wait(500);
          woken = false;
          if (closed) return;
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes the deliveries that are due and for which their endpoint has a free slot. */
  private List<Delivery> take() {
    Set<Key> busy;
    synchronized (this) {
      busy = Set.copyOf(inFlight);
    }
    Map<String, Integer> used = new HashMap<>();
    for (Key key : busy) used.merge(key.endpointId(), 1, Integer::sum);
    List<Delivery> taken =
        store.transaction(
            tx -> {
              long now = Store.nanos(Instant.now());
              List<Delivery> due = new ArrayList<>();
              for (Endpoints.Endpoint endpoint : Endpoints.active(tx)) {
                String id = endpoint.endpointId();
                int free = SLOTS_PER_ENDPOINT - used.getOrDefault(id, 0);
                if (free > 0) due.addAll(dueTo(tx, id, now, free, busy));
              }
              return due;
            });
    synchronized (this) {
      taken.forEach(delivery -> inFlight.add(delivery.key()));
    }
    return taken;
  }

  private static List<Delivery> dueTo(
      Store.Tx tx, String endpointId, long now, int free, Set<Key> busy) throws SQLException {
    return tx
        .list(
            row -> new Delivery(endpointId, row.getLong(1), row.getInt(2)),
            "SELECT event, attempts FROM deliveries WHERE endpoint_id = ? AND due_at <= ?"
                + " ORDER BY due_at, event LIMIT ?",
            endpointId,
            now,
            SLOTS_PER_ENDPOINT + free)
        .stream()
        .filter(delivery -> !busy.contains(delivery.key()))
        .limit(free)
        .toList();
  }

  private void attempt(Delivery delivery) {
    try {
      Attempt attempt = store.transaction(tx -> prepare(tx, delivery));
      if (attempt == null) return;
      Outcome outcome = post(attempt);
      store.transaction(tx -> record(tx, delivery, outcome));
    } catch (RuntimeException defect) {
      LOG.log(System.Logger.Level.ERROR, "A delivery could not be attempted.", defect);
    } finally {
      synchronized (this) {
        inFlight.remove(delivery.key());
      }
      wake();
    }
  }

  /** Reads what to send, or null if the endpoint has been deleted, stopped or withdrawn. */
  private Attempt prepare(Store.Tx tx, Delivery delivery) throws SQLException {
    Endpoints.Endpoint endpoint = Endpoints.find(tx, delivery.endpointId());
    if (endpoint == null || !endpoint.isActive() || directory.byId(endpoint.credential()) == null) {
      tx.update("DELETE FROM deliveries WHERE endpoint_id = ?", delivery.endpointId());
      return null;
    }
    List<String> secrets = endpoints.secrets(tx, delivery.endpointId());
    return tx.one(
        row -> new Attempt(endpoint.url(), row.getString(1), row.getString(2), secrets),
        "SELECT event_id, body FROM events WHERE sequence = ?",
        delivery.event());
  }

  private Outcome post(Attempt attempt) {
    HttpPost post = new HttpPost(attempt.url());
    long timestamp = Instant.now().getEpochSecond();
    post.setHeader("webhook-id", attempt.eventId());
    post.setHeader("webhook-timestamp", Long.toString(timestamp));
    post.setHeader("webhook-signature", sign(attempt, timestamp));
    post.setEntity(
        new ByteArrayEntity(
            attempt.body().getBytes(StandardCharsets.UTF_8),
            ContentType.create("application/cloudevents+json")));
    // A receiver that sends its answer byte by byte would otherwise keep the slot forever.
    var deadline = deadlines.schedule(post::cancel, GIVE_UP_AFTER_SECONDS, TimeUnit.SECONDS);
    try {
      return client.execute(
          post, response -> new Outcome(response.getCode(), retryAfter(response)));
    } catch (IOException unreachable) {
      return new Outcome(0, Duration.ZERO);
    } finally {
      deadline.cancel(false);
    }
  }

  /** One signature for each secret: while a secret is being replaced, both sign. */
  static String sign(List<String> secrets, String id, long timestamp, String body) {
    List<String> signatures = new ArrayList<>();
    for (String secret : secrets) {
      try {
        signatures.add(new Webhook(secret).sign(id, timestamp, body));
      } catch (WebhookSigningException unusable) {
        throw new IllegalStateException("A secret of an endpoint cannot sign.", unusable);
      }
    }
    return String.join(" ", signatures);
  }

  private static String sign(Attempt attempt, long timestamp) {
    return sign(attempt.secrets(), attempt.eventId(), timestamp, attempt.body());
  }

  private Void record(Store.Tx tx, Delivery delivery, Outcome outcome) throws SQLException {
    int attempts = delivery.attempts() + 1;
    if (outcome.status() == 410) {
      Endpoints.stop(tx, delivery.endpointId());
    } else if (outcome.succeeded() || attempts > RETRY_SCHEDULE.size()) {
      tx.update(
          "DELETE FROM deliveries WHERE endpoint_id = ? AND event = ?",
          delivery.endpointId(),
          delivery.event());
    } else {
      Instant due = Instant.now().plus(waitBefore(attempts - 1, outcome.retryAfter()));
      tx.update(
          "UPDATE deliveries SET attempts = ?, due_at = ? WHERE endpoint_id = ? AND event = ?",
          attempts,
          Store.nanos(due),
          delivery.endpointId(),
          delivery.event());
    }
    return null;
  }

  /** What a 429 or 503 asks for, in seconds or as a date; at most an hour. */
  private static Duration retryAfter(HttpResponse response) {
    Header header = response.getFirstHeader("Retry-After");
    boolean busy = response.getCode() == 429 || response.getCode() == 503;
    if (!busy || header == null) return Duration.ZERO;
    return parseRetryAfter(header.getValue().trim(), Instant.now());
  }

  static Duration parseRetryAfter(String value, Instant now) {
    Duration asked;
    try {
      asked =
          value.matches("[0-9]{1,9}")
              ? Duration.ofSeconds(Long.parseLong(value))
              : Duration.between(
                  now,
                  ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException neitherSecondsNorDate) {
      return Duration.ZERO;
    }
    if (asked.isNegative()) return Duration.ZERO;
    return asked.compareTo(LONGEST_RETRY_AFTER) > 0 ? LONGEST_RETRY_AFTER : asked;
  }
}
