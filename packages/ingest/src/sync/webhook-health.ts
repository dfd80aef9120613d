import type { WebhookHealth } from "../store/sync-store.ts";

/** Longer than a rotation or a restart may take; then refusals are no accident. */
const REFUSED_SECONDS = 120;

/** What the health of an integration's webhooks is told from. Times are RFC 3339 in UTC. */
export interface WebhookSigns {
  /** How long they may be silent; `null` for a vendor that sends none. */
  readonly silenceSeconds: number | null;
  readonly createdAt: string;
  /** When the last was taken, and when the last was refused. */
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
      detail: `Webhooks come, and are refused, the last at ${refusedAt}: GET /v1/refused-deliveries says why. The vendor is polled instead.`,
    };
  }
  if (quietSeconds <= silenceSeconds) return { state: "ok", detail: null };
  const since = takenAt === null ? "No webhook has come yet" : `The last webhook came at ${takenAt}`;
  return { state: "silent", detail: `${since}. The vendor is polled instead, until one comes.` };
}

/** Tells whether webhooks come as they should. @param before what was told last */
export function webhookHealth(signs: WebhookSigns, before: WebhookHealth | null, now: string): WebhookHealth {
  const { state, detail } = judge(signs, now);
  return { state, detail, since: before?.state === state ? before.since : now };
}

/** Whether the vendor has to be polled because webhooks do not come. */
export const isOutage = ({ state }: WebhookHealth): boolean => state === "silent" || state === "refused";
