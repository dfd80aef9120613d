package com.example.meridian;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** A vendor's cloud: the inventory API, webhooks and sandbox control of one example vendor. */
public final class Main {
  private static final int HTTP_THREADS = 64;

  private Main() {}

  public static void main(String[] args) throws Exception {
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

  static Running start(Settings settings) throws Exception {
    HttpConfiguration http = new HttpConfiguration();
    // Lets a malformed URL through, so that it is answered with a problem like any other mistake.
    http.setUriCompliance(UriCompliance.UNSAFE);
    http.setSendServerVersion(false);
    Server server = new Server(new QueuedThreadPool(HTTP_THREADS));
    ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
    connector.setHost(settings.host());
    connector.setPort(settings.port());
    server.addConnector(connector);
    connector.open();
    String address = "http://" + settings.host() + ":" + connector.getLocalPort();
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

    ScheduledExecutorService hourly = Executors.newSingleThreadScheduledExecutor();
    hourly.scheduleAtFixedRate(inventory::prune, 0, 1, TimeUnit.HOURS);
    outbox.start();
    server.setHandler(api);
    server.setErrorHandler(Api::unreadable);
    server.start();
    return new Running(
        url,
        () -> {
          server.stop();
          hourly.shutdownNow();
          outbox.close();
          store.close();
        });
  }
}
