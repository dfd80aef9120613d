import { createHash, createPublicKey } from "node:crypto";
import { z } from "zod";
import type { vendorSettings } from "../config/vendor-settings.ts";
import type { Delivery, Exchange } from "../evidence/exchange.ts";
import { DEFAULT_GOAL } from "../evidence/observation.ts";
import type { Credentials } from "../harness/credentials.ts";
import type { Observe, SavedWindow } from "../scenarios/events/window-recorder.ts";
import type { RegisteredEndpoint } from "../scenarios/scenario.ts";
import { type CliContext, UsageError } from "./context.ts";
import { readIfPresent, replaceFile } from "./files.ts";
import { parseDuration } from "./options.ts";

type WindowStateErrorCode =
  /** The file is not the state of a window in this format. */
  | "not_a_state"
  /** The window is about another vendor, credential or endpoint. */
  | "other_window";

/** Reports a state that cannot be continued; the message says why and what to do. */
class WindowStateError extends Error {
  readonly code: WindowStateErrorCode;
  constructor(code: WindowStateErrorCode, message: string) {
    super(message);
    this.name = "WindowStateError";
    this.code = code;
  }
}

/** What a window is about. Credentials and secrets are digests. */
interface WindowSubject {
  readonly target: string;
  readonly credential: string;
  readonly endpoints: readonly { readonly url: string; readonly secret: string }[];
}

/** Returns what identifies the credential of a run; the public half of a private key. */
function identify({ apiKey, key, client }: Credentials): readonly unknown[] {
  if (apiKey !== undefined) return [apiKey];
  const signing = key ?? (client && "key" in client ? client.key : undefined);
  const publicKey = signing && createPublicKey(signing.key).export({ format: "jwk" });
  return [client?.clientId, publicKey];
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Returns what a run watches, without secrets. */
export const windowSubjectOf = (
  target: URL,
  credentials: Credentials,
  endpoints: readonly RegisteredEndpoint[],
): WindowSubject => ({
  target: target.href,
  credential: digest(JSON.stringify(identify(credentials))),
  endpoints: endpoints.map(({ url, secret }) => ({ url, secret: digest(secret) })),
});

const exchangeSchema = z.custom<Exchange>(
  (value) => typeof value === "object" && value !== null && "request" in value && "startedAt" in value,
);
const deliverySchema = z.custom<Delivery>(
  (value) => typeof value === "object" && value !== null && "receivedAt" in value && "bodyBase64" in value,
);

const stateSchema = z.strictObject({
  window_version: z.literal("1"),
  subject: z.strictObject({
    target: z.string(),
    credential: z.string(),
    endpoints: z.array(z.strictObject({ url: z.string(), secret: z.string() })),
  }),
  window: z.strictObject({
    sessions: z.int().min(1),
    oneIn: z.int().min(1),
    periods: z.array(z.strictObject({ from: z.iso.datetime(), to: z.iso.datetime() })),
    polls: z.array(
      z.strictObject({
        kind: z.enum(["listing", "changes", "lookup"]),
        exchange: exchangeSchema,
        endedAt: z.iso.datetime(),
        absent: z.array(z.string()).exactOptional(),
      }),
    ),
    deliveries: z.array(z.array(deliverySchema)),
  }),
});

/** Serializes a window for a file. */
const encodeWindow = (subject: WindowSubject, window: SavedWindow): string =>
  `${JSON.stringify({ window_version: "1", subject, window })}\n`;

/**
 * Parses the state of a window.
 *
 * @param subject what the run that continues it watches
 * @throws {WindowStateError}
 */
function decodeWindow(text: string, subject: WindowSubject): SavedWindow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const parsed = stateSchema.safeParse(value);
  if (!parsed.success) {
    throw new WindowStateError(
      "not_a_state",
      "The file is not the state of a passive window that this version of the suite wrote. Name another file, or remove it to begin a new window.",
    );
  }
  const { subject: saved, window } = parsed.data;
  const other = differenceOf(saved, subject);
  if (other !== null) {
    throw new WindowStateError(
      "other_window",
      `The file is the state of a window with another ${other}. Give the one with which it began, or name another file to begin a new window.`,
    );
  }
  return window;
}

/** Names the first difference between two subjects; `null` if there is none. */
function differenceOf(one: WindowSubject, other: WindowSubject): string | null {
  if (one.target !== other.target) return `target, ${one.target}`;
  if (one.credential !== other.credential) return "credential";
  const urls = ({ endpoints }: WindowSubject) => endpoints.map(({ url }) => url).join(" and ");
  if (urls(one) !== urls(other)) return `endpoint, ${urls(one)}`;
  return JSON.stringify(one) === JSON.stringify(other) ? null : "webhook secret";
}

type Values = Pick<
  z.infer<typeof vendorSettings>,
  "observe" | "state" | "minChanges" | "minTypes" | "triggerCommand"
>;

const WHAT = "the state of the window";

/**
 * Returns how to watch; `null` if the run does not watch. Reads the state of an interrupted window.
 *
 * @throws {UsageError}
 */
export async function readObserve(
  { observe, state, minChanges, minTypes, triggerCommand }: Values,
  subject: WindowSubject,
  context: CliContext,
): Promise<Observe | null> {
  if (observe === undefined) {
    const [flag] = Object.entries({ "--state": state, "--min-changes": minChanges, "--min-types": minTypes })
      .filter(([, value]) => value !== undefined)
      .map(([name]) => name);
    if (flag !== undefined)
      throw new UsageError(`${flag} is about a passive window. Give its length with --observe.`);
    return null;
  }
  if (triggerCommand !== undefined)
    throw new UsageError("--observe only reads, and --trigger-cmd changes devices. Give one of them.");
  if (subject.endpoints.length === 0) {
    throw new UsageError(
      "--observe compares the inventory with webhooks. Register a URL of the suite's receiver in the vendor's console for every org and event type, and pass it with --endpoint-url and --webhook-secret.",
    );
  }
  const content = state === undefined ? null : await readIfPresent(context, WHAT, state);
  // Fails before a window of a day, not after it.
  if (state !== undefined && content === null) await replaceFile(context, WHAT, state, "");
  const text = content?.toString("utf8") ?? "";
  const goal = { changes: minChanges ?? DEFAULT_GOAL.changes, types: minTypes ?? null };
  return {
    durationMs: parseDuration("--observe", observe),
    goal,
    saved: text === "" ? null : decodeOrRefuse(text, subject),
    save: async (window) => {
      if (state !== undefined) await replaceFile(context, WHAT, state, encodeWindow(subject, window));
    },
  };
}

function decodeOrRefuse(text: string, subject: WindowSubject): SavedWindow {
  try {
    return decodeWindow(text, subject);
  } catch (error) {
    if (error instanceof WindowStateError) throw new UsageError(`--state: ${error.message}`);
    throw error;
  }
}
