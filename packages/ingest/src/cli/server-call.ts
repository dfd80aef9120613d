import { readFile } from "node:fs/promises";
import type { Command } from "commander";

/** A running server, as a command reaches it. */
export interface ServerFlags {
  readonly url: string;
  readonly token?: string;
  readonly tokenFile: string;
  readonly json?: boolean;
}

/** The server refused, or did not answer. */
export class ServerCallError extends Error {
  override readonly name = "ServerCallError";
  /** The problem's code; `unreachable` where nothing answered. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Adds how to reach the server to a command. */
export const withServer = (command: Command): Command =>
  command
    .option(
      "--url <url>",
      "the running server",
      process.env["CONVERGINT_INGEST_URL"] ?? "http://127.0.0.1:8080",
    )
    .option(
      "--token <token>",
      "a token of the role admin; CONVERGINT_INGEST_TOKEN is not seen by other users",
    )
    .option("--token-file <path>", "the file that holds it", "ingest.db.token")
    .option("--json", "answer with the server's JSON alone");

async function tokenOf({
  token = process.env["CONVERGINT_INGEST_TOKEN"],
  tokenFile,
}: ServerFlags): Promise<string> {
  if (token) return token;
  try {
    return (await readFile(tokenFile, "utf8")).trim();
  } catch {
    throw new ServerCallError(
      "no_token",
      `There is no token: set CONVERGINT_INGEST_TOKEN, or name the server's token file with --token-file (${tokenFile} is not there).`,
    );
  }
}

/**
 * Calls a running server.
 *
 * @returns what it answered, `null` for nothing
 * @throws {ServerCallError} with the problem's code and detail
 */
export async function callServer(
  flags: ServerFlags,
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
): Promise<unknown> {
  const token = await tokenOf(flags);
  const url = `${flags.url.replace(/\/$/, "")}/v1${path}`;
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch {
    throw new ServerCallError("unreachable", `No server answers at ${flags.url}. Is it running? See --url.`);
  }
  const text = await response.text();
  const answered: unknown = text === "" ? null : asJson(text);
  if (response.ok) return answered;
  const { code, detail } = (answered ?? {}) as { code?: string; detail?: string };
  throw new ServerCallError(code ?? "refused", detail ?? `The server answered ${response.status}.`);
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServerCallError("not_a_server", "What answered is no ingestion server: look at --url.");
  }
}

/** Prints what a command came to: the JSON that was answered, or lines for people. */
export function print(flags: Pick<ServerFlags, "json">, answer: unknown, lines: readonly string[]): void {
  process.stdout.write(flags.json ? `${JSON.stringify(answer)}\n` : `${lines.join("\n")}\n`);
}
