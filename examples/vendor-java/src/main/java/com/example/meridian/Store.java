package com.example.meridian;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * The SQLite file with everything that must survive a restart. One transaction at a time: a change
 * of a device, its event and the deliveries of this event are kept together or not at all.
 */
final class Store implements AutoCloseable {
  /** A transaction's work. */
  interface Work<T> {
    T run(Tx tx) throws SQLException;
  }

  /** Reads one row. */
  interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  private static final String[] SCHEMA = {
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "CREATE TABLE IF NOT EXISTS counter (value INTEGER NOT NULL)",
    "INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter)",
    // Every version of every device: version n is current until replaced_by.
    """
    CREATE TABLE IF NOT EXISTS device_versions (
      sequence INTEGER PRIMARY KEY, replaced_by INTEGER, at INTEGER NOT NULL,
      device_id TEXT NOT NULL, org_id TEXT NOT NULL, site_id TEXT NOT NULL,
      removed INTEGER NOT NULL, json TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS versions_of_device ON device_versions (device_id, sequence)",
    """
    CREATE UNIQUE INDEX IF NOT EXISTS current_version ON device_versions (device_id)
      WHERE replaced_by IS NULL""",
    // What the device itself reported last; behind a lost connector, the inventory shows another.
    """
    CREATE TABLE IF NOT EXISTS reports (
      device_id TEXT PRIMARY KEY, status TEXT NOT NULL, status_reason TEXT,
      heartbeat_id TEXT, heartbeat_at INTEGER)""",
    """
    CREATE TABLE IF NOT EXISTS events (
      sequence INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, org_id TEXT NOT NULL,
      published_at INTEGER NOT NULL, backfill INTEGER NOT NULL, body TEXT NOT NULL)""",
    """
    CREATE TABLE IF NOT EXISTS endpoints (
      endpoint_id TEXT PRIMARY KEY, credential TEXT NOT NULL, url TEXT NOT NULL, org_id TEXT,
      event_types TEXT, created_at TEXT NOT NULL, state TEXT NOT NULL)""",
    """
    CREATE TABLE IF NOT EXISTS secrets (
      sequence INTEGER PRIMARY KEY, endpoint_id TEXT NOT NULL, secret BLOB NOT NULL,
      expires_at INTEGER)""",
    // The outbox: a delivery is here until it succeeded or its last retry failed.
    """
    CREATE TABLE IF NOT EXISTS deliveries (
      endpoint_id TEXT NOT NULL, event INTEGER NOT NULL, attempts INTEGER NOT NULL,
      due_at INTEGER NOT NULL, PRIMARY KEY (endpoint_id, event))""",
    "CREATE INDEX IF NOT EXISTS due_deliveries ON deliveries (endpoint_id, due_at)",
  };

  private final Connection connection;
  private Instant latest;

  Store(Path file) throws SQLException {
    connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      for (String sql : SCHEMA) statement.execute(sql);
    }
    connection.setAutoCommit(false);
    latest =
        transaction(
            tx ->
                tx.one(
                    row -> instant(row.getLong(1)),
                    "SELECT max((SELECT coalesce(max(at), 0) FROM device_versions),"
                        + " (SELECT coalesce(max(published_at), 0) FROM events))"));
  }

  /** Runs the work in one transaction, which is on disk when this method returns. */
  synchronized <T> T transaction(Work<T> work) {
    try {
      try {
        T result = work.run(new Tx());
        connection.commit();
        return result;
      } catch (SQLException | RuntimeException failed) {
        connection.rollback();
        throw failed;
      }
    } catch (SQLException failed) {
      throw new IllegalStateException("The database refused: " + failed.getMessage(), failed);
    }
  }

  @Override
  public synchronized void close() throws SQLException {
    connection.close();
  }

  /** Nanoseconds since 1970, as times are stored. */
  static long nanos(Instant instant) {
    return Math.addExact(
        Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
  }

  static Instant instant(long nanos) {
    return Instant.ofEpochSecond(0, nanos);
  }

  /** The transaction that runs now. */
  final class Tx {
    /** The time, later than every time given before: no two changes happen at one moment. */
    Instant now() {
      Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
      latest = now.isAfter(latest) ? now : latest.plus(1, ChronoUnit.MICROS);
      return latest;
    }

    /** The number of the latest change; a listing of it contains every change until now. */
    long latestSequence() throws SQLException {
      return one(row -> row.getLong(1), "SELECT value FROM counter");
    }

    long nextSequence() throws SQLException {
      update("UPDATE counter SET value = value + 1");
      return latestSequence();
    }

    int update(String sql, Object... parameters) throws SQLException {
      try (PreparedStatement statement = prepare(sql, parameters)) {
        return statement.executeUpdate();
      }
    }

    <T> List<T> list(Row<T> reader, String sql, Object... parameters) throws SQLException {
      try (PreparedStatement statement = prepare(sql, parameters);
          ResultSet rows = statement.executeQuery()) {
        List<T> result = new ArrayList<>();
        while (rows.next()) result.add(reader.read(rows));
        return result;
      }
    }

    /** The first row, or null. */
    <T> T one(Row<T> reader, String sql, Object... parameters) throws SQLException {
      List<T> rows = list(reader, sql, parameters);
      return rows.isEmpty() ? null : rows.get(0);
    }

    private PreparedStatement prepare(String sql, Object... parameters) throws SQLException {
      PreparedStatement statement = connection.prepareStatement(sql);
      for (int i = 0; i < parameters.length; i++) statement.setObject(i + 1, parameters[i]);
      return statement;
    }
  }
}
