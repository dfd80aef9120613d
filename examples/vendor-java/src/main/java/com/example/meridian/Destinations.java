package com.example.meridian;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;

/**
 * Where webhooks may go: to https at public addresses, and in a sandbox also to this machine. The
 * resolver judges the address that is connected to, whatever the host name resolved to before.
 */
final class Destinations extends SystemDefaultDnsResolver {
  private final boolean sandbox;

  Destinations(boolean sandbox) {
    this.sandbox = sandbox;
  }

  /** Refuses a URL that can never be delivered to. A host name is judged at each delivery. */
  void check(String url) {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException malformed) {
      throw refused("Send an absolute URL.");
    }
    String host = uri.getHost();
    if (host == null || uri.getRawUserInfo() != null) {
      throw refused("Send a URL with a host and without user name and password.");
    }
    if (uri.getPort() > 65535) throw refused("The port is too large.");
    // Resolvers read a host whose last part is a number as an address, in many notations.
    boolean literal =
        host.startsWith("[") || host.matches("(.*\\.)?(0[xX][0-9a-fA-F]*|[0-9]+)\\.?");
    if (literal
        && !host.startsWith("[")
        && !host.matches("(0|[1-9][0-9]*)(\\.(0|[1-9][0-9]*)){3}")) {
      throw refused("Write an IPv4 address as four decimal numbers.");
    }
    InetAddress address = literal ? parse(host) : null;
    if (address != null && !isAllowed(address)) {
      throw refused("The address is not public.");
    }
    boolean local =
        host.equalsIgnoreCase("localhost") || address != null && address.isLoopbackAddress();
    boolean plain = "http".equalsIgnoreCase(uri.getScheme());
    if (!"https".equalsIgnoreCase(uri.getScheme()) && !(plain && sandbox && local)) {
      throw refused("Send an https URL.");
    }
  }

  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    List<InetAddress> allowed = new ArrayList<>();
    for (InetAddress address : super.resolve(host)) {
      if (isAllowed(address)) allowed.add(address);
    }
    if (allowed.isEmpty()) throw new UnknownHostException(host + " has no public address");
    return allowed.toArray(new InetAddress[0]);
  }

  private boolean isAllowed(InetAddress address) {
    return isPublic(address) || sandbox && address.isLoopbackAddress();
  }

  /** Whether an address is reachable from the internet (the registries of RFC 6890). */
  static boolean isPublic(InetAddress address) {
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return false;
    }
    byte[] b = address.getAddress();
    if (address instanceof Inet6Address) {
      // Only 2000::/3 is in use; 2002::/16 and 2001::/32 tunnel to IPv4, 2001:db8::/32 is for
      // texts.
      boolean documentation = b[0] == 0x20 && b[1] == 1 && b[2] == 0x0d && b[3] == (byte) 0xb8;
      boolean teredo = b[0] == 0x20 && b[1] == 1 && b[2] == 0 && b[3] == 0;
      boolean sixToFour = b[0] == 0x20 && b[1] == 2;
      return (b[0] & 0xe0) == 0x20 && !documentation && !teredo && !sixToFour;
    }
    int first = b[0] & 0xff;
    int second = b[1] & 0xff;
    int third = b[2] & 0xff;
    return first != 0
        && first < 240
        && !(first == 100 && second >= 64 && second < 128)
        && !(first == 192 && second == 0 && (third == 0 || third == 2))
        && !(first == 198 && (second == 18 || second == 19))
        && !(first == 198 && second == 51 && third == 100)
        && !(first == 203 && second == 0 && third == 113);
  }

  private static InetAddress parse(String literal) {
    try {
      return InetAddress.getByName(literal);
    } catch (UnknownHostException malformed) {
      throw refused("The address is malformed.");
    }
  }

  private static Problem refused(String detail) {
    return new Problem(400, "invalid_destination", "Invalid destination", detail);
  }
}
