/**
 * Explains that the running Node is too old for a package.
 *
 * @param command the command's name, which starts the sentence
 * @param engines the range in the package's `engines.node`, such as `>=22.18`
 * @param running the version of Node that runs, such as `20.20.2`
 * @returns `null` if it is new enough
 */
export function explainOldNode(command: string, engines: string, running: string): string | null {
  const needed = engines.replace(/^>=/, "");
  const [major = 0, minor = 0] = needed.split(".").map(Number);
  const [runningMajor = 0, runningMinor = 0] = running.split(".").map(Number);
  if (runningMajor > major || (runningMajor === major && runningMinor >= minor)) return null;
  return `${command}: Node ${running} is too old. Run Node ${needed} or later.`;
}

/**
 * Explains that a server cannot listen, and what to change.
 *
 * @returns `null` for any other error
 */
export function explainListenError(error: unknown): string | null {
  const { syscall, code, address, port } = error as { [name: string]: unknown };
  if (syscall !== "listen") return null;
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} is in use. Stop the program that listens on it, or choose another port (0 picks a free one).`;
    case "EACCES":
      return `The operating system does not allow this user to listen on port ${port}. Choose port 1024 or higher.`;
    case "EADDRNOTAVAIL":
      return `This machine does not have the address ${address}. Choose one of its addresses.`;
    default:
      return null;
  }
}

/**
 * Explains why a connection failed where Node only names OpenSSL's source code.
 *
 * @param error what `fetch` threw, or its cause
 * @returns `null` if the error is clear by itself
 */
export function explainTlsError(error: unknown): string | null {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG")
    return "the server does not speak TLS on this port; use http:// or the port for https";
  return typeof cause === "object" && cause !== null ? explainTlsError(cause) : null;
}

/** What each code of the errors that several packages share means, and what to do. The documentation shows it. */
export const SHARED_TEXTS = {
  destination_refused: {
    means: "The policy does not allow requests to this address: it is not public, or not https.",
    fix: "Use a public https URL. To allow an address of your own network, use the setting that the message names.",
  },
  invalid_key: {
    means: "The encryption key does not have 32 bytes in base64.",
    fix: "Create one: `openssl rand -base64 32`. Keep a copy apart from the database.",
  },
  cannot_decrypt: {
    means: "A stored secret was encrypted with another key.",
    fix: "Start with the key with which the database was created. If it is lost, set each credential again.",
  },
  invalid_network: {
    means: "A network is not in CIDR notation.",
    fix: "Write an address and a length, such as 10.0.0.0/8.",
  },
  invalid_proxy: {
    means: "The proxy's URL is invalid.",
    fix: "Write `http://HOST:PORT`, with a user name and password if needed.",
  },
  proxy_failed: {
    means: "The proxy made no connection. The message has its answer, never its password.",
    fix: "Check that the proxy allows CONNECT to this host and port, and its credentials.",
  },
  overloaded: {
    means: "More is waiting to be stored than the queue holds. Answered with 503 and `Retry-After`.",
    fix: 'Senders retry by themselves. If it lasts, the database is too slow for the load: see the sizing in "Running in production".',
  },
} satisfies Readonly<Record<string, { readonly means: string; readonly fix: string }>>;
