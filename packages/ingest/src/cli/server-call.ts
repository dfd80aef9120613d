import { readFile } from "node:fs/promises";
import { explainTlsError } from "@convergint/internal/cli-errors";
import type { Command } from "commander";
import { isDatabaseUrl } from "../config.ts";
import type { Terminal } from "./terminal.ts";

/** The options that a command needs to reach the running server. */
export interface ServerFlags {
  readonly url: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

/** The server refused a command's request or did not answer. */
export class ServerCallError extends Error {
  override readonly name = "ServerCallError";
  /** The problem's code; `unreachable` if nothing answered, `redirected` if a redirect did. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Adds to a command the options that it needs to reach the server. */
export const withServer = (command: Command, { env }: Terminal): Command =>
  command
    .option(
      "--url <url>",
      "the URL of the running server",
      env["CONVERGINT_INGEST_URL"] ?? "http://127.0.0.1:8080",
    )
    .option(
      "--token <token>",
      "a token with the admin role. Prefer the variable CONVERGINT_INGEST_TOKEN: other users can read the command line",
    )
    .option(
      "--token-file <path>",
      "the file that contains the token (default: the file of CONVERGINT_INGEST_ADMIN_TOKEN_FILE, or ingest.db.token)",
    )
    .option("--json", "print only the JSON that the server returns");

/**
 * Reads the token: from the command line, then from CONVERGINT_INGEST_TOKEN, then as `serve` finds its own admin token, so
 * that the settings of the server also serve the commands that call it.
 */
async function readToken({ token, tokenFile }: ServerFlags, { env }: Pick<Terminal, "env">): Promise<string> {
  if (token) return token;
  const given = env["CONVERGINT_INGEST_TOKEN"] || env["CONVERGINT_INGEST_ADMIN_TOKEN"];
  if (given && tokenFile === undefined) return given;
  const file =
    tokenFile ??
    (env["CONVERGINT_INGEST_ADMIN_TOKEN_FILE"] || `${env["CONVERGINT_INGEST_DB"] || "ingest.db"}.token`);
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : "cannot be read";
    throw new ServerCallError(
      "no_token",
      `No token: the file ${isDatabaseUrl(file) ? "of the token" : file} ${why}. Set CONVERGINT_INGEST_TOKEN, or pass the path of the server's token file with --token-file.`,
    );
  }
}

/** Sends a request to a running server. @throws {ServerCallError} `unreachable`, `redirected` or `no_token` */
async function send(
  flags: ServerFlags,
  terminal: Pick<Terminal, "env">,
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body: unknown,
  accept: string,
): Promise<Response> {
  const token = await readToken(flags, terminal);
  const url = `${flags.url.replace(/\/$/, "")}/v1${path}`;
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: {
        accept,
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      // The body can contain a vendor's key, and a redirect would send it to whatever server the answer names.
      redirect: "manual",
    });
  } catch (error) {
    const reason = explainTlsError(error);
    throw new ServerCallError(
      "unreachable",
      reason
        ? `Cannot call ${flags.url}: ${reason}.`
        : `No server answers at ${flags.url}. Start the server, or set its URL with --url or CONVERGINT_INGEST_URL.`,
    );
  }
  if (response.status >= 300 && response.status < 400) {
    throw new ServerCallError(
      "redirected",
      `${flags.url} redirects to another address, which the command does not follow. Give the address of the server itself with --url.`,
    );
  }
  return response;
}

function toError(problem: unknown, status: number): ServerCallError {
  const { code, detail } = (problem ?? {}) as { code?: string; detail?: string };
  return new ServerCallError(code ?? "refused", detail ?? `The server answered ${status}.`);
}

async function readAnswer(response: Response): Promise<unknown> {
  const text = await response.text();
  const answer: unknown = text === "" ? null : parseAnswer(text);
  if (response.ok) return answer;
  throw toError(answer, response.status);
}

/**
 * Calls a running server.
 *
 * @param path below `/v1`
 * @returns the parsed answer, or `null` if it has no body
 * @throws {ServerCallError} with the problem's code and detail
 */
export const callServer = async (
  flags: ServerFlags,
  terminal: Pick<Terminal, "env">,
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
): Promise<unknown> => readAnswer(await send(flags, terminal, method, path, body, "application/json"));

/**
 * Posts to a running server, which answers line by line.
 *
 * @param path below `/v1`
 * @returns each line, parsed
 * @throws {ServerCallError} with the problem's code and detail, also if the answer ends early
 */
export async function* streamFromServer(
  flags: ServerFlags,
  terminal: Pick<Terminal, "env">,
  path: string,
  body: unknown,
): AsyncGenerator<Readonly<Record<string, unknown>>, void, undefined> {
  const response = await send(flags, terminal, "POST", path, body, "application/x-ndjson");
  if (!response.ok || !response.body) throw toError(await readAnswer(response), response.status);
  let rest = "";
  try {
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const parsed = parseAnswer(line) as Readonly<Record<string, unknown>>;
        if ("problem" in parsed) throw toError(parsed["problem"], response.status);
        yield parsed;
      }
    }
  } catch (error) {
    if (error instanceof ServerCallError) throw error;
    throw new ServerCallError(
      "unreachable",
      "The connection to the server ended early. See the server's log.",
    );
  }
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServerCallError("not_a_server", "The answer is not from an ingestion server. Check --url.");
  }
}

/** What each code of the commands themselves means, and what to do. The documentation shows it. */
export const COMMAND_TEXTS = {
  no_credential: {
    means: "The command was given no credential of the vendor.",
    fix: "Set `VENDOR_API_KEY`, or pass a private key or an OAuth 2 client; `integration add --help` lists the ways.",
  },
  no_samples: {
    means: "The folder of `--samples` has no sample that the command can use.",
    fix: "Save responses of the vendor's API as JSON files in that folder, one a request, as the message describes.",
  },
  reads_by_post: {
    means:
      "The profile reads the vendor with POST requests, which the command does not make against a live vendor by itself.",
    fix: "Follow the message: it names the requests and what to give instead.",
  },
  no_base_url: {
    means: "The command does not know the address of the vendor's API.",
    fix: "Pass `--base-url`; the profile's documentation says what it looks like.",
  },
  no_token: {
    means: "The command found no token for the server.",
    fix: "Set `CONVERGINT_INGEST_TOKEN`, or pass the server's token file with `--token-file`.",
  },
  unreachable: {
    means: "No server answers at the address, or the connection ended early.",
    fix: "Start the server, or give its address with `--url` or `CONVERGINT_INGEST_URL`.",
  },
  redirected: {
    means:
      "The address redirects to another, which the command does not follow, because a token would go there.",
    fix: "Give the address of the server itself with `--url`.",
  },
  not_a_server: {
    means: "The answer is not from an ingestion server.",
    fix: "Check `--url`: a proxy or another program answers there.",
  },
  refused: {
    means: "The server answered with an error without a code.",
    fix: "The message has the status. Check that the versions of command and server are the same.",
  },
  invalid_config: {
    means:
      "A setting or the configuration file is invalid. The message names each mistake and where the setting is.",
    fix: "Correct the settings. `convergint-ingest serve --help` lists them.",
  },
  unstorable_id: {
    means:
      "An id contains an unpaired surrogate or a NUL character, which a database cannot store unchanged.",
    fix: "The sender must send an id without these characters.",
  },
  invalid_member: {
    means:
      "A delivery was accepted, but an optional member was invalid and left out. The list of refused deliveries shows it.",
    fix: "Tell the vendor which member; `detail` names it and the requirement.",
  },
  unmapped_event: {
    means:
      "The profile has no rule for this kind of event. The server stores it as `com.convergint.vendor.unmapped.v1` and records one of each kind an hour.",
    fix: "Add a rule for it to `webhooks.events` of the profile, then `convergint-ingest integration set-profile`.",
  },
} satisfies Readonly<Record<string, { readonly means: string; readonly fix: string }>>;
