import { sign } from "@convergint/webhooks";
import { type Clock, systemClock } from "./clock.ts";
import { DeliveryError } from "./errors.ts";
import { type Send, sendAsItIs } from "./http/post.ts";
import { DEFAULT_PROBE_SCHEDULE_SECONDS } from "./rules/circuit.ts";
import { DEFAULT_RETRY_SCHEDULE_SECONDS, lengthened } from "./rules/next-attempt.ts";
import type { OutboxStore } from "./store/store.ts";
import type { AttemptReport } from "./work/report.ts";

/** What an outbox is made of. All but the first two have defaults that keep the contract. */
export interface OutboxOptions<Client> {
  readonly store: OutboxStore<Client>;
  /** base64 of 32 random bytes, from wherever you keep secrets: it encrypts the endpoints' secrets in the store. */
  readonly encryptionKey: string;
  /** Private keys (`whsk_`) that sign every delivery beside the endpoint's secret, where your manifest has `v1a`. */
  readonly signingKeys?: readonly string[];
  /** For a sandbox: lets deliveries go to this machine, with TLS or without. */
  readonly allowLoopback?: boolean;
  /** The wait before each retry of a delivery. Default: 5 s to 14 h, over 35 hours. */
  readonly retryScheduleSeconds?: readonly number[];
  /** The wait before each probe of an endpoint that fails again and again. Default: 5 s to 5 min. */
  readonly probeScheduleSeconds?: readonly number[];
  /** How long to wait for an answer. Default: 15. */
  readonly timeoutSeconds?: number;
  /** Deliveries under way to one endpoint at once. Default: 4. */
  readonly concurrencyPerEndpoint?: number;
  /** How often to look for what other processes have enqueued. Default: 0.5. */
  readonly pollSeconds?: number;
  /** How long after a worker's death others take over its endpoints. Default: 30. */
  readonly leaseSeconds?: number;
  /** For how long events are kept, delivered or not; longer than retries go on. Default: 168, a week. */
  readonly retentionHours?: number;
  /**
   * Stands around the posting of each attempt, as a test's own hook: it gets the signed request, may change it, and calls
   * `post` or answers in the receiver's place. What it throws fails the attempt. Default: `(request, post) => post(request)`.
   */
  readonly send?: Send;
  /**
   * The time and timers of retries, timeouts, signatures, overlaps and retention, so that a test can control them. Leases use
   * the database's clock. Default: the system's.
   */
  readonly clock?: Clock;
  /** Told of each attempt, once it is written down. */
  readonly onAttempt?: (report: AttemptReport) => void;
  /** Told of what goes wrong in the background, such as a database that is away; the work goes on. */
  readonly onError?: (error: unknown) => void;
}

/** Options with every default filled in. */
export type CompleteOptions<Client> = Required<OutboxOptions<Client>>;

const refuse = (message: string, cause?: unknown) => new DeliveryError("invalid_option", message, { cause });

/** From and to which a setting makes sense; timers take no more than 24 days. */
const BOUNDS = {
  timeoutSeconds: [0.05, 300],
  concurrencyPerEndpoint: [1, 1000],
  pollSeconds: [0.01, 3600],
  leaseSeconds: [0.1, 86_400],
  retentionHours: [0.001, 24 * 3650],
} as const;

function requireWithin(name: keyof typeof BOUNDS, value: number): void {
  const [least, most] = BOUNDS[name];
  if (!(value >= least && value <= most)) throw refuse(`${name} must be from ${least} to ${most}.`);
}

function requirePositive(name: string, ...values: readonly number[]): void {
  if (values.length === 0 || !values.every((value) => Number.isFinite(value) && value > 0))
    throw refuse(`${name} must be positive.`);
}

/** @throws {DeliveryError} `invalid_option` */
export async function completeOptions<Client>({
  signingKeys = [],
  allowLoopback = false,
  retryScheduleSeconds = DEFAULT_RETRY_SCHEDULE_SECONDS,
  probeScheduleSeconds = DEFAULT_PROBE_SCHEDULE_SECONDS,
  timeoutSeconds = 15,
  concurrencyPerEndpoint = 4,
  pollSeconds = 0.5,
  leaseSeconds = 30,
  retentionHours = 168,
  send = sendAsItIs,
  clock = systemClock,
  onAttempt = () => {},
  onError = () => {},
  ...needed
}: OutboxOptions<Client>): Promise<CompleteOptions<Client>> {
  const positive = { timeoutSeconds, concurrencyPerEndpoint, pollSeconds, leaseSeconds, retentionHours };
  if (typeof needed.store !== "object" || needed.store === null)
    throw refuse("Give the store: await createSqliteStore(…) or createPostgresStore(…).");
  if (typeof needed.encryptionKey !== "string")
    throw refuse("Give the encryptionKey. Is the setting missing?");
  for (const [name, value] of Object.entries(positive)) requireWithin(name as keyof typeof BOUNDS, value);
  if (!Number.isInteger(concurrencyPerEndpoint))
    throw refuse("concurrencyPerEndpoint must be a whole number.");
  requirePositive("Every wait of retryScheduleSeconds", ...retryScheduleSeconds);
  requirePositive("Every wait of probeScheduleSeconds", ...probeScheduleSeconds);
  const longest = retryScheduleSeconds.reduce((sum, wait) => sum + lengthened(wait, 1), 0);
  if (retentionHours * 3_600 < longest) throw refuse("retentionHours must be longer than the retries go on.");
  if (signingKeys.length > 0) {
    await sign({ id: "trial", body: "", keys: signingKeys }).catch((error: unknown) => {
      throw refuse("signingKeys cannot sign; the cause says why.", error);
    });
  }
  return {
    ...needed,
    ...positive,
    signingKeys,
    allowLoopback,
    retryScheduleSeconds,
    probeScheduleSeconds,
    send,
    clock,
    onAttempt,
    onError,
  };
}
