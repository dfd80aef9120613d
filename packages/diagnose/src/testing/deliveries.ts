import { createHash, createHmac } from "node:crypto";
import { expect } from "vitest";
import { type Diagnosis, diagnose, type MistakeCode } from "../index.ts";

/** Signs deliveries wrongly with node:crypto, independently of the tables under test. */

export const NOW = new Date("2026-11-23T08:31:09.000Z");
export const SECONDS = String(NOW.getTime() / 1000);
export const BYTES = createHash("sha256").update("a canary").digest();
export const ENCODED = BYTES.toString("base64");
export const SECRET = `whsec_${ENCODED}`;

export const BODY =
  '{"id":"evt_1","time":"2026-11-23T08:31:07.120Z","data":{"name":"Tür <Süd> & 1/2 \'a\'","temperature":21.0,"zone":null,"open":true,"tags":["b","a"]}}';

/** How to make a delivery; omitted parts are made correctly. */
export interface Making {
  readonly key?: string | Uint8Array;
  readonly hash?: string;
  readonly id?: string;
  readonly timestamp?: string;
  /** The body that is sent. */
  readonly body?: string | Uint8Array;
  /** The body that is signed. Default: the body that is sent. */
  readonly signed?: string | Uint8Array;
  readonly message?: (id: string, timestamp: string, body: Buffer) => string | Uint8Array;
  readonly digest?: (message: Buffer) => Buffer;
  readonly header?: (digest: Buffer) => string;
  readonly headers?: (id: string, timestamp: string, signature: string) => Record<string, string | string[]>;
}

export interface Made {
  readonly headers: Record<string, string | string[]>;
  readonly body: unknown;
}

export function make({
  key = BYTES,
  hash = "sha256",
  id = "evt_1",
  timestamp = SECONDS,
  body = BODY,
  signed = body,
  message = (i, t, b) => Buffer.concat([Buffer.from(`${i}.${t}.`), b]),
  digest = (m) => createHmac(hash, key).update(m).digest(),
  header = (d) => `v1,${d.toString("base64")}`,
  headers = (i, t, s) => ({ "webhook-id": i, "webhook-timestamp": t, "webhook-signature": s }),
}: Making): Made {
  const signature = header(digest(Buffer.from(message(id, timestamp, Buffer.from(signed)))));
  return { headers: headers(id, timestamp, signature), body };
}

/** Lists what a diagnosis must not contain: the secret in every common encoding, and the signatures. */
function listForbidden({ headers, body }: Made, keys: readonly string[]): readonly string[] {
  const [id, timestamp] = [String(headers["webhook-id"]), String(headers["webhook-timestamp"])];
  const right = createHmac("sha256", BYTES)
    .update(`${id}.${timestamp}.`)
    .update(typeof body === "string" || body instanceof Uint8Array ? body : "")
    .digest();
  const sent = Object.values(headers).flat();
  const given = keys.flatMap((key) => [key, key.replace(/^.*wh[a-z]+_/, "")]);
  return [
    ...[BYTES, right, Buffer.from(SECRET), Buffer.from(ENCODED)].flatMap((bytes) => [
      bytes.toString("hex"),
      bytes.toString("base64").replace(/=+$/, ""),
      bytes.toString("base64url"),
      bytes.toString("latin1"),
      bytes.toString("utf8"),
      bytes.join(","),
    ]),
    ...[...sent, ...given].filter((value) => value.length >= 16),
  ];
}

export function expectNoSecretIn(diagnosis: Diagnosis, delivery: Made, keys: readonly string[] = []): void {
  const text = JSON.stringify(diagnosis);
  const lower = text.toLowerCase();
  for (const secret of listForbidden(delivery, keys)) {
    expect(text).not.toContain(secret);
    expect(lower).not.toContain(secret.toLowerCase());
  }
}

/**
 * Diagnoses a delivery at the time it was made. Expects exactly the
 * given mistakes, and no secret in the result.
 */
export async function expectMistakes(
  delivery: Made,
  codes: readonly MistakeCode[],
  {
    keys = SECRET,
    complete = true,
    now = NOW,
  }: { keys?: string | readonly string[]; complete?: boolean; now?: Date } = {},
): Promise<void> {
  const diagnosis = await diagnose({ ...delivery, keys, now });
  const found =
    diagnosis.verdict === "mistake" ? diagnosis.mistakes.map(({ code }) => code) : diagnosis.verdict;
  expect(found).toEqual(codes);
  expect(diagnosis).toMatchObject({ complete });
  expectNoSecretIn(diagnosis, delivery, typeof keys === "string" ? [keys] : (keys ?? []));
}
