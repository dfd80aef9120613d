import { request as requestByHttp } from "node:http";
import { request as requestByHttps } from "node:https";
import { isIPv6, type Socket } from "node:net";

/** Which side resolves the names of destinations: `local` is this program, `remote` is the proxy. */
export const PROXY_DNS = ["local", "remote"] as const;

/** A proxy, as its user gives it. */
export interface ProxySettings {
  /** Such as `http://proxy.example:3128`, with `USER:PASSWORD@` before the host if the proxy requires it. */
  readonly url: string;
  /**
   * Which side resolves names. `local`: names are resolved and their addresses checked here, and the proxy is given the
   * checked address. `remote`: the proxy is given the name, and the proxy must refuse private addresses. Default: `local`.
   */
  readonly dns?: (typeof PROXY_DNS)[number] | undefined;
}

/** The proxy's URL is invalid, or the proxy made no connection. The message never contains the proxy's password. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
  readonly code: "invalid_proxy" | "proxy_failed";
  /** Whether the proxy may be able to connect to another address of the same name. */
  readonly isOfAddress: boolean;

  constructor(code: ProxyError["code"], message: string, { isOfAddress = false, ...options } = {}) {
    super(message, options);
    this.code = code;
    this.isOfAddress = isOfAddress;
  }
}

/** A proxy that makes connections. */
export interface HttpProxy {
  /** The URL without user name and password, for messages. */
  readonly origin: string;
  readonly dns: (typeof PROXY_DNS)[number];
  /** Returns the value of `proxy-authorization`. It is a function so that a logged proxy does not show its password. */
  readonly authorization: () => string | undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A single percent sign in a password is not an escape.
    return text;
  }
}

/**
 * Reads the settings of a proxy.
 *
 * @throws {ProxyError} `invalid_proxy`; the message does not repeat the URL, which may contain a password
 */
export function readProxy({ url: text, dns = "local" }: ProxySettings): HttpProxy {
  const url = URL.parse(text);
  const isPlain = url !== null && url.pathname === "/" && url.search === "" && url.hash === "";
  if (!isPlain || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new ProxyError(
      "invalid_proxy",
      "Give the proxy as http://HOST:PORT or https://HOST:PORT, with USER:PASSWORD@ before the host if it requires a password. Percent-encode / ? # @ and : in the password.",
    );
  }
  if (!PROXY_DNS.includes(dns))
    throw new ProxyError("invalid_proxy", `Give one of ${PROXY_DNS.join(", ")} as the proxy's DNS.`);
  const { username, password, origin } = url;
  const authorization = () =>
    username === "" && password === ""
      ? undefined
      : `Basic ${Buffer.from(`${decode(username)}:${decode(password)}`).toString("base64")}`;
  return { origin, dns, authorization };
}

const REFUSALS: Readonly<Record<number, string>> = {
  403: "Allow this destination at the proxy. If it allows destinations by name only, let it resolve names (remote DNS).",
  407: "Give a user name and a password that it accepts in the proxy's URL.",
};

const explainRefusal = (status: number): string =>
  REFUSALS[status] ?? "Check that the proxy can reach this destination.";

/**
 * Asks a proxy for a connection (`CONNECT`, RFC 9110, 9.3.6).
 *
 * @param hostname an address, or a name that the proxy resolves
 * @param signal ends the attempt
 * @throws {ProxyError} `proxy_failed`
 */
export function openTunnel(
  { origin, authorization }: HttpProxy,
  hostname: string,
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  const authority = `${isIPv6(hostname) ? `[${hostname}]` : hostname}:${port}`;
  const login = authorization();
  return new Promise((resolve, reject) => {
    const connect = origin.startsWith("https:") ? requestByHttps : requestByHttp;
    const request = connect(origin, {
      method: "CONNECT",
      path: authority,
      headers: { host: authority, ...(login !== undefined && { "proxy-authorization": login }) },
      agent: false,
      signal,
    });
    request.once("connect", ({ statusCode: status = 0 }, stream, head) => {
      const socket = stream as Socket;
      // The caller handles the errors of the connection that it gets. Without this listener, an earlier error would
      // end the process.
      socket.on("error", () => {});
      if (status >= 200 && status < 300) {
        if (head.length > 0) socket.unshift(head);
        return resolve(socket);
      }
      socket.destroy();
      const why = `The proxy ${origin} answered ${status} to a connection to ${authority}. ${explainRefusal(status)}`;
      reject(new ProxyError("proxy_failed", why, { isOfAddress: status >= 500 }));
    });
    request.once("error", (error: NodeJS.ErrnoException) => {
      const reason = signal.aborted ? "no answer in time" : (error.code ?? error.message);
      reject(
        new ProxyError(
          "proxy_failed",
          `The proxy ${origin} made no connection to ${authority} (${reason}). Check the proxy's URL, and that the proxy runs.`,
        ),
      );
    });
    request.end();
  });
}
