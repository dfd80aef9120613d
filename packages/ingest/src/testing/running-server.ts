import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIngestServer, createLog, type IngestSettings } from "../index.ts";

export const ADMIN_TOKEN = "token-of-the-admin";

/** The answer to a call. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test fails if an expected member is missing.
  readonly body: any;
}

/** Makes a request and parses the answer if it is JSON. */
export async function call(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = /\bjson/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}

/** A server with real sockets and a real database in its own directory. */
export interface RunningServer {
  readonly url: string;
  /** The path of the database; an empty text for an open store. */
  readonly database: string;
  readonly encryptionKey: string;
  readonly logged: readonly string[];
  get(path: string): Promise<Answer>;
  send(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  close(): Promise<void>;
}

/** Creates a directory for one test. */
export async function temporaryDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "ingest-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Settings of a test server. */
export type ServerSettings = Partial<IngestSettings>;

/** Starts a server on a free port, with a new database unless one is given. */
export async function startServer(settings: ServerSettings = {}): Promise<RunningServer> {
  const directory = await temporaryDirectory();
  const logged: string[] = [];
  const database = settings.database ?? join(directory.path, "ingest.db");
  const encryptionKey = settings.encryptionKey ?? randomBytes(32).toString("base64");
  const server = await createIngestServer({
    adminToken: ADMIN_TOKEN,
    log: createLog({ destination: { write: (line: string) => void logged.push(line) } }),
    onFatal: (error) => {
      throw error;
    },
    // Test vendors and subscribers listen on this machine.
    allowPrivateNetworks: ["127.0.0.0/8"],
    // Retries of calls to a failing vendor happen without a wait.
    vendorClient: { sleep: async () => {} },
    ...settings,
    database,
    encryptionKey,
  });
  const url = await server.listen();
  const authorization = `Bearer ${ADMIN_TOKEN}`;
  const send: RunningServer["send"] = (method, path, body) =>
    call(`${url}${path}`, {
      method,
      headers: { authorization, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: body === undefined ? null : JSON.stringify(body),
    });
  return {
    url,
    database: typeof database === "string" ? database : "",
    encryptionKey,
    logged,
    get: (path) => call(`${url}${path}`, { headers: { authorization } }),
    send,
    post: (path, body) => send("POST", path, body),
    async close() {
      await server.close();
      await directory.remove();
    },
  };
}
