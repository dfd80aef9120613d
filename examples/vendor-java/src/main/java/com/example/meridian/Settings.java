package com.example.meridian;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * What the command line and the environment say: the environment has the secrets.
 *
 * @param host the address to listen on; a proxy in front of it terminates TLS
 * @param port the port to listen on; 0 picks a free one
 * @param baseUrl the URL under which consumers reach this server, or null for the address
 * @param database the file that keeps everything that must survive a restart
 * @param sandbox whether sandbox control and loopback destinations are allowed
 * @param masterKey encrypts the signing secrets in the database, and seals cursors
 * @param apiKeys the API key of each tenant; a tenant without a key has no access
 */
record Settings(
    String host,
    int port,
    String baseUrl,
    Path database,
    boolean sandbox,
    byte[] masterKey,
    Map<String, String> apiKeys) {

  private static final int MASTER_KEY_BYTES = 32;
  private static final String USAGE =
      """
      Usage: java -jar vendor-java.jar [options]
        --listen ADDRESS:PORT  where to listen; port 0 picks a free one (default: 127.0.0.1:8640)
        --base-url URL         public URL of this server (default: http:// and the address)
        --database FILE        SQLite file, created if it does not exist (default: meridian.db)
        --production           no sandbox control, no loopback destinations, no demo keys
      Environment: VENDOR_API_KEY, VENDOR_SECOND_API_KEY, VENDOR_PRODUCTION_API_KEY, VENDOR_MASTER_KEY""";

  /**
   * Reads the settings.
   *
   * @throws IllegalArgumentException if one is wrong; the message says what to change
   */
  static Settings read(String[] arguments, Map<String, String> environment) throws IOException {
    Map<String, String> given = options(List.of(arguments));
    String listen = given.getOrDefault("--listen", "127.0.0.1:8640");
    int colon = listen.lastIndexOf(':');
    if (colon < 1 || !listen.substring(colon + 1).matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException("--listen is ADDRESS:PORT.\n" + USAGE);
    }
    boolean sandbox = !given.containsKey("--production");
    Map<String, String> keys = new HashMap<>();
    addKey(keys, "sandbox", environment.get("VENDOR_API_KEY"), sandbox);
    addKey(keys, "second", environment.get("VENDOR_SECOND_API_KEY"), sandbox);
    addKey(keys, "production", environment.get("VENDOR_PRODUCTION_API_KEY"), sandbox);
    if (keys.isEmpty()) {
      throw new IllegalArgumentException(
          "Set VENDOR_PRODUCTION_API_KEY, for example to the output of: openssl rand -hex 32");
    }
    Path database = Path.of(given.getOrDefault("--database", "meridian.db"));
    return new Settings(
        listen.substring(0, colon),
        Integer.parseInt(listen.substring(colon + 1)),
        given.get("--base-url"),
        database,
        sandbox,
        masterKey(environment.get("VENDOR_MASTER_KEY"), Path.of(database + ".key")),
        keys);
  }

  private static Map<String, String> options(List<String> arguments) {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i < arguments.size(); i++) {
      String option = arguments.get(i);
      if (option.equals("--production")) {
        given.put(option, "");
      } else if (List.of("--listen", "--base-url", "--database").contains(option)
          && i + 1 < arguments.size()) {
        given.put(option, arguments.get(++i));
      } else {
        throw new IllegalArgumentException(USAGE);
      }
    }
    return given;
  }

  /** In a sandbox, each tenant has a demo key that the environment replaces. */
  private static void addKey(Map<String, String> keys, String tenant, String key, boolean sandbox) {
    if (key != null && !key.isEmpty()) keys.put(tenant, key);
    else if (sandbox) keys.put(tenant, "meridian-" + tenant + "-key");
  }

  /** The given key, or one that the first start writes next to the database, for this user only. */
  private static byte[] masterKey(String hex, Path file) throws IOException {
    if (hex == null && !Files.exists(file)) {
      byte[] bytes = new byte[MASTER_KEY_BYTES];
      new SecureRandom().nextBytes(bytes);
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(file, HexFormat.of().formatHex(bytes), StandardOpenOption.WRITE);
    }
    String text = hex == null ? Files.readString(file).trim() : hex;
    if (!text.matches("([0-9a-fA-F]{2}){" + MASTER_KEY_BYTES + "}")) {
      throw new IllegalArgumentException(
          "VENDOR_MASTER_KEY is 32 bytes in hexadecimal, such as the output of: openssl rand -hex 32");
    }
    return HexFormat.of().parseHex(text);
  }
}
