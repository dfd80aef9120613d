import { z } from "zod";
import { type DocumentKind, openDocument } from "./dsse.ts";
import { CLOCK_TOLERANCE_MS } from "./statement.ts";
import type { Refusal, VerifyOptions } from "./verify.ts";

const hex = z.string().regex(/^[0-9a-f]{64}$/);

const revocationListSchema = z.strictObject({
  version: z.literal("1"),
  /** The number grows with each list, so that a verifier notices an old list. */
  sequence: z.int().min(1),
  issued_at: z.iso.datetime(),
  /** From this time on, a verifier needs a newer list. */
  next_update: z.iso.datetime(),
  revoked: z.array(
    z.strictObject({ certificate: hex, reason: z.string().min(1).max(500), revoked_at: z.iso.datetime() }),
  ),
});

/** The payload of a revocation list: the certificates that one key revoked. */
export type RevocationList = z.infer<typeof revocationListSchema>;
type Revocation = RevocationList["revoked"][number];

/** A revocation list, signed like a certificate and with the same key. */
export const REVOCATION_LIST: DocumentKind<RevocationList> = {
  payloadType: "application/vnd.convergint.conformance.revocations+json",
  schema: revocationListSchema,
};

/**
 * Creates the next list. A revocation is final, so the first entry of a certificate stays as it is.
 *
 * @param previous the list to replace; `null` for the first list
 */
export function createNextList(
  previous: RevocationList | null,
  added: readonly Revocation[],
  { issuedAt, nextUpdate }: { readonly issuedAt: Date; readonly nextUpdate: Date },
): RevocationList {
  const byId = new Map([...added, ...(previous?.revoked ?? [])].map((each) => [each.certificate, each]));
  return {
    version: "1",
    sequence: (previous?.sequence ?? 0) + 1,
    issued_at: issuedAt.toISOString(),
    next_update: nextUpdate.toISOString(),
    revoked: [...byId.values()].toSorted((one, other) => (one.certificate < other.certificate ? -1 : 1)),
  };
}

/** The newest revocation list that a verifier has seen from one signing key. */
export interface SeenList {
  readonly sequence: number;
  /** Digest of the list's payload. */
  readonly sha256: string;
}

/** What a revocation list says about a certificate. */
export interface RevocationCheck {
  readonly refusals: readonly Refusal[];
  /** The verified list; `null` if this key did not sign it. */
  readonly list: RevocationList | null;
  /** The newest list seen so far, for the next check. */
  readonly seen: SeenList | null;
}

/**
 * Looks a certificate up in a revocation list. A list that cannot be trusted refuses the certificate: an attacker must gain
 * nothing by withholding the right list.
 *
 * @param certificate the certificate's id
 * @param seen the newest list seen before; `null` if the verifier has no memory
 */
export function checkRevocations(
  bytes: Uint8Array,
  certificate: string,
  { publicKey, now, seen }: Pick<VerifyOptions, "publicKey" | "now"> & { readonly seen: SeenList | null },
): RevocationCheck {
  const opened = openDocument(REVOCATION_LIST, bytes, publicKey);
  if (opened.value === null) {
    const refusal: Refusal =
      opened.problem === "signature"
        ? {
            code: "revocations_signature",
            reason: "the revocation list is not signed with this key, or was changed after signing",
          }
        : {
            code: "revocations_invalid",
            reason: "the file is not a revocation list of this suite; `revoke` writes one",
          };
    return { refusals: [refusal], list: null, seen };
  }
  const { value: list, sha256 } = opened;
  const refusals: Refusal[] = [];
  const entry = list.revoked.find((each) => each.certificate === certificate);
  if (entry) {
    const { revoked_at, reason } = entry;
    refusals.push({ code: "revoked", reason: `the certificate was revoked at ${revoked_at}: ${reason}` });
  }
  if (now.getTime() >= Date.parse(list.next_update)) {
    const reason = `the revocation list ${list.sequence} is out of date since ${list.next_update}; get a newer list`;
    refusals.push({ code: "revocations_expired", reason });
  }
  if (Date.parse(list.issued_at) > now.getTime() + CLOCK_TOLERANCE_MS) {
    const reason = `the issue time ${list.issued_at} of the revocation list is in the future`;
    refusals.push({ code: "revocations_not_yet_valid", reason });
  }
  if (
    seen &&
    (list.sequence < seen.sequence || (list.sequence === seen.sequence && sha256 !== seen.sha256))
  ) {
    const reason =
      list.sequence < seen.sequence
        ? `the revocation list has number ${list.sequence}, but list ${seen.sequence} was seen before; an old list may hide a revocation`
        : `there are two revocation lists with number ${list.sequence}; one of them may hide a revocation`;
    refusals.push({ code: "revocations_rolled_back", reason });
    return { refusals, list, seen };
  }
  return { refusals, list, seen: { sequence: list.sequence, sha256 } };
}
