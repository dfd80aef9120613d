package com.example.meridian;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where deliveries may go, and when they are repeated. */
class DeliveryRulesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://hooks.example/",
        "ftp://hooks.example/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/",
        "https://100.64.0.1/",
        "https://[::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
        "https://0x0a000001/",
        "https://012.0.0.1/",
        "https://hooks.0x7f/",
        "https://hooks.example:65536/",
        "https://user:password@hooks.example/",
        "hooks.example"
      })
  void refusesDestinationsThatAreNotPublic(String url) {
    assertThrows(Problem.class, () -> new Destinations(false).check(url));
  }

  @Test
  void judgesTheAddressThatAHostNameResolvesTo() throws IOException {
    new Destinations(false).check("https://localhost.example/");
    assertThrows(IOException.class, () -> new Destinations(false).resolve("localhost"));
    assertTrue(new Destinations(true).resolve("localhost")[0].isLoopbackAddress());
  }

  @Test
  void waitsForAtLeastADayAndAsLongAsTheConsumerAsks() {
    assertTrue(Outbox.RETRY_SCHEDULE.stream().mapToInt(Integer::intValue).sum() >= 24 * 3600);
    assertEquals(Duration.ofMinutes(9), Outbox.waitBefore(0, Duration.ofMinutes(9)));
    Duration scheduled = Outbox.waitBefore(1, Duration.ZERO);
    assertTrue(scheduled.toMillis() >= 6000 && scheduled.toMillis() <= 9000);
    Instant now = Instant.parse("2026-11-23T08:30:00Z");
    assertEquals(Duration.ofSeconds(7), Outbox.parseRetryAfter("7", now));
    String date = "Mon, 23 Nov 2026 08:30:30 GMT";
    assertEquals(Duration.ofSeconds(30), Outbox.parseRetryAfter(date, now));
    assertEquals(Duration.ofHours(1), Outbox.parseRetryAfter("86400", now));
    assertEquals(Duration.ZERO, Outbox.parseRetryAfter("soon", now));
  }
}
