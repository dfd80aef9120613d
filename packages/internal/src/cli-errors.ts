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
