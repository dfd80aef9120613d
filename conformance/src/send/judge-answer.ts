import type { Answer } from "../fuzz/call.ts";

/** What an answer to a delivery means for the sender. */
export interface AnswerMeaning {
  /** Whether the receiver answered as the contract requires. */
  readonly ok: boolean;
  readonly says: string;
}

/** What the statuses of a refusal mean, for a delivery without a mistake. @see spec/1.0/contract.md#receiving */
const REFUSALS: Readonly<Record<number, string>> = {
  400: "the receiver did not accept the body as an event (RCV-006)",
  401: "the receiver refused the signature. Compare its secret with --secret, and check that it verifies the raw body (RCV-001)",
  404: "there is no webhook endpoint at this URL",
  410: "the receiver wants no more deliveries at this URL. A vendor would stop posting here (DLV-005)",
  413: "the receiver refused the size of the body. It must accept up to 256 KiB (RCV-013)",
  415: "the receiver refused the media type (RCV-006)",
  429: "the receiver is overloaded. A vendor would retry after Retry-After (RCV-011)",
  503: "the receiver cannot store the event now. A vendor would retry after Retry-After (RCV-011)",
};

/**
 * Says what an answer means.
 *
 * @param isBroken whether the delivery has a mistake, so that the receiver must refuse it
 */
export function judgeAnswer({ status }: Pick<Answer, "status">, isBroken: boolean): AnswerMeaning {
  const accepted = status >= 200 && status < 300;
  if (isBroken) {
    if (accepted)
      return { ok: false, says: "accepted, although the delivery must be refused with 401 (RCV-002)" };
    const ok = status === 401 || status === 400;
    return { ok, says: ok ? "refused, as the contract requires" : "refused, but not with 401 (RCV-002)" };
  }
  if (accepted) return { ok: true, says: "accepted" };
  if (status >= 300 && status < 400)
    return {
      ok: false,
      says: "redirected. A sender must not follow a redirect, so the event is not delivered",
    };
  const says =
    REFUSALS[status] ?? (status >= 500 ? "the receiver failed" : "the receiver refused the delivery");
  return { ok: false, says };
}
