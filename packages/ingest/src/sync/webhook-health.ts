import type { WebhookHealth } from "../store/sync-store.ts";

/** Longer than a secret rotation or a restart takes: if refusals last longer, they have another cause. */
const REFUSED_SECONDS = 120;

/** The facts by which the health of an integration's webhooks is judged. Times are RFC 3339 in UTC. */
export interface WebhookSigns {
  /** How long webhooks may be silent; `null` for a vendor that sends none. */
  readonly silenceSeconds: number | null;
  readonly createdAt: string;
  /** When the last webhook was accepted, and when the last one was refused. */
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
    detail: `${since}. Until a webhook arrives, the server polls the vendor instead.`,
  };
}

/** Judges whether webhooks arrive as they should. @param before the previous judgement */
export function judgeWebhooks(signs: WebhookSigns, before: WebhookHealth | null, now: string): WebhookHealth {
  const { state, detail } = judge(signs, now);
  return { state, detail, since: before?.state === state ? before.since : now };
}

/** Whether the vendor must be polled because its webhooks fail. */
export const isOutage = ({ state }: WebhookHealth): boolean => state === "silent" || state === "refused";
