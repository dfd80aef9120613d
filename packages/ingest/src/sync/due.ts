import type { Integration } from "../integrations/integration.ts";
import type { SyncState, WebhookHealth } from "../store/sync-store.ts";
import { judgeWebhooks } from "./webhook-health.ts";

/** When an integration's last webhook was accepted, and when the last one was refused. */
export interface LastWebhook {
  readonly takenAt: string | null;
  readonly refusedAt: string | null;
}

const NO_WEBHOOK: LastWebhook = { takenAt: null, refusedAt: null };

/** What decides an integration's next poll, as of one moment. */
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
 * Tells whether the time of the next poll has come. If the clock was ahead and has been corrected, the time is further away
 * than the whole wait was: the wait is then over, or polls would stop until the old time is reached.
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
