package com.example.meridian;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A vendor's cloud: the inventory API, webhooks and sandbox control of one example vendor. */
public final class Main {
  private static final int HTTP_THREADS = 64;

  private Main() {}

  public static void main(String[] args) throws IOException, SQLException {
    Settings settings;
    try {
      settings = Settings.read(args, System.getenv());
    } catch (IllegalArgumentException wrong) {
      System.err.println(wrong.getMessage());
      System.exit(2);
      return;
    }
    Running running = start(settings);
    System.out.println("Serving " + running.url() + "/.well-known/vendor-cloud");
  }

  /** A server that runs; closing it stops everything. */
  record Running(String url, AutoCloseable stop) implements AutoCloseable {
    @Override
    public void close() throws Exception {
      stop.close();
    }
  }

  static Running start(Settings settings) throws IOException, SQLException {
    // Without this, the JDK's server waits 40 ms before it sends the last packet of an answer.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    HttpServer server =
        HttpServer.create(new InetSocketAddress(settings.host(), settings.port()), 0);
    String address = "http://" + settings.host() + ":" + server.getAddress().getPort();
    String url = settings.baseUrl() == null ? address : settings.baseUrl();

    Store store = new Store(settings.database());
    store.transaction(
        tx -> {
          Fleet.seed(tx);
          return null;
        });
    Vault vault = new Vault(settings.masterKey());
    Directory directory = new Directory(settings);
    Destinations destinations = new Destinations(settings.sandbox());
    Endpoints endpoints = new Endpoints(vault, destinations);
    Events events = new Events(directory);
    Inventory inventory = new Inventory(store, new Tokens(vault));
    Outbox outbox = new Outbox(store, directory, endpoints, destinations);
    Api api =
        new Api(
            Manifest.of(url, settings.sandbox()),
            store,
            directory,
            inventory,
            events,
            new Fleet(events),
            endpoints,
            outbox);

    ExecutorService workers = Executors.newFixedThreadPool(HTTP_THREADS);
    server.setExecutor(workers);
    server.createContext("/", api::handle);
    ScheduledExecutorService hourly = Executors.newSingleThreadScheduledExecutor();
    hourly.scheduleAtFixedRate(inventory::prune, 0, 1, TimeUnit.HOURS);
    outbox.start();
    server.start();
    return new Running(
        url,
        () -> {
          server.stop(0);
          workers.shutdownNow();
          hourly.shutdownNow();
          outbox.close();
          store.close();
        });
  }
}
