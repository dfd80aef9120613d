import type { Integration } from "../integrations/integration.ts";
import type { SyncState, WebhookHealth } from "../store/sync-store.ts";

/**
 * This time is longer than a secret rotation or a restart takes. If refusals last longer, they have another
 * cause.
 */
const REFUSED_SECONDS = 120;

/** The facts by which the health of an integration's webhooks is judged. Times are RFC 3339 in UTC. */
export interface WebhookSigns {
  /** How long webhooks may be silent; `null` for a vendor that sends none. */
  readonly silenceSeconds: number | null;
  readonly createdAt: string;
  /** When the last webhook was accepted, and when the last delivery that certainly came from the vendor was refused. */
  readonly takenAt: string | null;
  readonly refusedAt: string | null;
}

const secondsBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 1000;

function judge(signs: WebhookSigns, now: string): Pick<WebhookHealth, "state" | "detail"> {
  const { silenceSeconds, createdAt, takenAt, refusedAt } = signs;
  if (silenceSeconds === null) return { state: "not_expected", detail: null };
  const quietSeconds = secondsBetween(takenAt ?? createdAt, now);
  const refusedSince = refusedAt !== null && refusedAt > (takenAt ?? createdAt);
  if (refusedSince && quietSeconds > Math.min(silenceSeconds, REFUSED_SECONDS)) {
    return {
      state: "refused",
      detail: `Webhooks arrive, but the server refuses them; it refused the last one at ${refusedAt}. See GET /v1/refused-deliveries for the reason. Meanwhile, the server polls the vendor.`,
    };
  }
  if (quietSeconds <= silenceSeconds) return { state: "ok", detail: null };
  const since = takenAt === null ? "No webhook has arrived yet" : `The last webhook arrived at ${takenAt}`;
  return {
    state: "silent",
    detail: `${since}. Until a webhook arrives, the server polls the vendor instead. If the vendor sends webhooks, GET /v1/refused-deliveries shows why they do not verify.`,
  };
}

/** Judges whether webhooks arrive as they should. @param before the previous judgement */
export function judgeWebhooks(signs: WebhookSigns, before: WebhookHealth | null, now: string): WebhookHealth {
  const { state, detail } = judge(signs, now);
  return { state, detail, since: before?.state === state ? before.since : now };
}

/** Whether the vendor must be polled because its webhooks fail. */
export const isOutage = ({ state }: WebhookHealth): boolean => state === "silent" || state === "refused";

/** When an integration's last webhook was accepted, and when the last one was refused. */
export interface LastWebhook {
  readonly takenAt: string | null;
  readonly refusedAt: string | null;
}

const NO_WEBHOOK: LastWebhook = { takenAt: null, refusedAt: null };

/** The facts that decide an integration's next poll, as they are at one moment. */
export interface Situation {
  readonly state: SyncState | null;
  readonly webhooks: WebhookHealth;
  readonly takenAt: string | null;
  /**
   * Whether the integration should be polled: its time has come, or its webhooks have started or stopped
   * failing.
   */
  readonly isDue: boolean;
}

/**
 * Tells whether the time of the next poll has come. If the clock was ahead and has been corrected, the
 * remaining wait is longer than the whole wait was. The wait then counts as over, because polls would
 * otherwise stop until the old time.
 */
function hasCome({ nextAt, waitSeconds }: SyncState, now: string): boolean {
  return nextAt <= now || Date.parse(nextAt) - Date.parse(now) > waitSeconds * 1000;
}

/** Decides whether an integration is due. @param now RFC 3339 in UTC */
export function assessIntegration(
  { silenceSeconds, createdAt }: Integration,
  state: SyncState | null,
  webhook: LastWebhook | undefined,
  now: string,
): Situation {
  const { takenAt, refusedAt } = webhook ?? NO_WEBHOOK;
  const signs = { silenceSeconds, createdAt, takenAt, refusedAt };
  const webhooks = judgeWebhooks(signs, state?.webhooks ?? null, now);
  const isDue = !state || hasCome(state, now) || state.webhooks.state !== webhooks.state;
  return { state, webhooks, takenAt, isDue };
}

/** Polls are spread by up to this share of their interval, so that not all polls happen at the same time. */
const JITTER = 0.1;
/** The longest wait that back-off reaches, unless the interval itself is longer. */
const MAX_BACKOFF_SECONDS = 3600;
/**
 * A longer `Retry-After` is treated as a mistake, because the vendor would in effect never be polled again.
 */
const MAX_RETRY_AFTER_SECONDS = 86_400;

/** What determines the wait before the next sync. */
interface SyncWait {
  readonly intervalSeconds: number;
  /** The number of consecutive failures. */
  readonly failures: number;
  /** The delay that the vendor asked for, or 0. */
  readonly retryAfterSeconds: number;
  /** In [0, 1). */
  readonly random: number;
}

/**
 * Computes the wait before the next sync: the interval, doubled for each consecutive failure, but at least
 * the delay that the vendor asked for.
 *
 * @see spec/1.0/contract.md#rate-limits
 */
export function computeSyncWait({ intervalSeconds, failures, retryAfterSeconds, random }: SyncWait): number {
  const backedOff = intervalSeconds * 2 ** Math.min(failures, 30);
  const wait = Math.min(backedOff, Math.max(MAX_BACKOFF_SECONDS, intervalSeconds));
  const jittered = wait * (1 - JITTER + 2 * JITTER * random);
  return Math.max(jittered, Math.min(retryAfterSeconds, MAX_RETRY_AFTER_SECONDS));
}
