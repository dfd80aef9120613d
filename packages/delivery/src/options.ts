import type { ProxySettings } from "@convergint/internal/proxy";
import { createSigner } from "@convergint/webhooks";
import { type Clock, systemClock } from "./clock.ts";
import { DeliveryError } from "./errors.ts";
import { type Send, sendUnchanged } from "./http/post.ts";
import { DEFAULT_PROBE_SCHEDULE_SECONDS } from "./rules/circuit.ts";
import { addJitter, DEFAULT_RETRY_SCHEDULE_SECONDS } from "./rules/next-attempt.ts";
import type { OutboxStore } from "./store/store.ts";
import type { AttemptReport } from "./work/settings.ts";

/**
 * Wraps a caller's hook so that an error or rejection of the hook
 * neither interrupts delivery nor ends the process.
 *
 * @param onError receives the error
 */
export const guardHook =
  <Argument>(hook: (argument: Argument) => unknown, onError: (error: unknown) => void) =>
  (argument: Argument): void => {
    try {
      Promise.resolve(hook(argument)).catch(onError);
    } catch (error) {
      onError(error);
    }
  };

/** Options of an outbox. All except `store` and `encryptionKey` have defaults that fulfil the contract. */
export interface OutboxOptions<Client> {
  readonly store: OutboxStore<Client>;
  /**
   * The key that encrypts the endpoints' secrets in the store: 32
   * random bytes as base64, from your secret manager.
   */
  readonly encryptionKey: string;
  /** Private keys (`whsk_`) that sign every delivery in addition to the endpoint's secret, if your manifest declares `v1a`. */
  readonly signingKeys?: readonly string[];
  /** Allows deliveries to this machine, with or without TLS. Use this only in a sandbox. */
  readonly allowLoopback?: boolean;
  /**
   * Networks in CIDR notation, such as `10.0.0.0/8`, to which deliveries are allowed although they are private, with or
   * without TLS. Default: none.
   */
  readonly allowPrivateNetworks?: readonly string[];
  /**
   * The proxy for deliveries to public addresses, such as `{ url: "http://proxy.example:3128" }`. Default: none; the proxy
   * settings of the environment are ignored.
   */
  readonly proxy?: ProxySettings | undefined;
  /** The wait before each retry of a delivery. Default: waits from 5 s to 14 h, 35 hours in total. */
  readonly retryScheduleSeconds?: readonly number[];
  /** The wait before each probe of an endpoint that keeps failing. Default: 5 s to 5 min. */
  readonly probeScheduleSeconds?: readonly number[];
  /** How many seconds to wait for a response. Default: 15. */
  readonly timeoutSeconds?: number;
  /** The maximum number of concurrent deliveries to one endpoint. Default: 4. */
  readonly concurrencyPerEndpoint?: number;
  /** How often to look for events that other processes enqueued, in seconds. Default: 0.5. */
  readonly pollSeconds?: number;
  /** How many seconds after a worker's death another worker takes over its endpoints. Default: 30. */
  readonly leaseSeconds?: number;
  /**
   * How many hours to keep events, delivered or not. Must be longer than the whole retry schedule. Default:
   * 168, which is a week.
   */
  readonly retentionHours?: number;
  /**
   * Wraps the posting of each attempt, for tests: it receives the signed request, may change it, and either
   * calls `post` or returns an outcome without calling the receiver. If it throws, the attempt fails.
   * Default: `(request, post) => post(request)`.
   */
  readonly send?: Send;
  /**
   * The time and timers of retries, timeouts, signatures, overlaps and retention, so that a test can control
   * them. Leases use the database's clock instead. Default: the system's clock.
   */
  readonly clock?: Clock;
  /** Called for each attempt, after its outcome is stored. */
  readonly onAttempt?: (report: AttemptReport) => void;
  /** Called for errors in the background, such as an unavailable database; delivery continues. */
  readonly onError?: (error: unknown) => void;
}

/** Options with every default filled in. */
export type CompleteOptions<Client> = Required<OutboxOptions<Client>>;

const refuse = (message: string, cause?: unknown) => new DeliveryError("invalid_option", message, { cause });

/** The allowed range of each setting; timers cannot be longer than 24 days. */
const BOUNDS = {
  timeoutSeconds: [0.05, 300],
  concurrencyPerEndpoint: [1, 1000],
  pollSeconds: [0.01, 3600],
  leaseSeconds: [0.1, 86_400],
  retentionHours: [0.001, 24 * 3650],
} as const;

function requireWithin(name: keyof typeof BOUNDS, value: number): void {
  const [min, max] = BOUNDS[name];
  if (!(value >= min && value <= max)) throw refuse(`${name} must be from ${min} to ${max}.`);
}

function requirePositive(name: string, ...values: readonly number[]): void {
  if (values.length === 0 || !values.every((value) => Number.isFinite(value) && value > 0))
    throw refuse(`${name} must be positive.`);
}

/** Checks options and fills in the defaults. @throws {DeliveryError} `invalid_option` */
export function completeOptions<Client>({
  signingKeys = [],
  allowLoopback = false,
  allowPrivateNetworks = [],
  proxy,
  retryScheduleSeconds = DEFAULT_RETRY_SCHEDULE_SECONDS,
  probeScheduleSeconds = DEFAULT_PROBE_SCHEDULE_SECONDS,
  timeoutSeconds = 15,
  concurrencyPerEndpoint = 4,
  pollSeconds = 0.5,
  leaseSeconds = 30,
  retentionHours = 168,
  send = sendUnchanged,
  clock = systemClock,
  onAttempt = () => {},
  onError = () => {},
  ...needed
}: OutboxOptions<Client>): CompleteOptions<Client> {
  const positive = { timeoutSeconds, concurrencyPerEndpoint, pollSeconds, leaseSeconds, retentionHours };
  if (typeof needed.store !== "object" || needed.store === null)
    throw refuse("store is missing: pass await createSqliteStore(…) or await createPostgresStore(…).");
  if (typeof needed.encryptionKey !== "string")
    throw refuse("encryptionKey is missing: check the setting that it is read from.");
  for (const [name, value] of Object.entries(positive)) requireWithin(name as keyof typeof BOUNDS, value);
  if (!Number.isInteger(concurrencyPerEndpoint))
    throw refuse("concurrencyPerEndpoint must be a whole number.");
  requirePositive("Every wait of retryScheduleSeconds", ...retryScheduleSeconds);
  requirePositive("Every wait of probeScheduleSeconds", ...probeScheduleSeconds);
  const longest = retryScheduleSeconds.reduce((sum, wait) => sum + addJitter(wait, 1), 0);
  if (retentionHours * 3_600 < longest)
    throw refuse("retentionHours must be longer than the retry schedule.");
  if (signingKeys.length > 0) {
    try {
      createSigner({ keys: signingKeys });
    } catch (error) {
      throw refuse("signingKeys cannot sign: see the cause.", error);
    }
  }
  return {
    ...needed,
    ...positive,
    signingKeys,
    allowLoopback,
    allowPrivateNetworks,
    proxy,
    retryScheduleSeconds,
    probeScheduleSeconds,
    send,
    clock,
    onAttempt,
    onError,
  };
}
