import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { WebhookError, type WebhookVerificationErrorCode } from "./errors.ts";
import { sign } from "./sign.ts";
import { verify } from "./verify.ts";

interface SignatureVector {
  readonly name: string;
  readonly scheme: string;
  readonly keys: readonly string[];
  readonly now: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly body_base64: string;
  readonly valid: boolean;
  readonly sign_with?: readonly string[];
  readonly reason?: string;
}

const { cases } = JSON.parse(
  await readFile(new URL("../../../spec/1.0/vectors/signatures.json", import.meta.url), "utf8"),
) as { cases: SignatureVector[] };

/** Maps reasons in the vectors to error codes; for all other reasons, the code is `no_matching_signature`. */
const CODES: Readonly<Record<string, WebhookVerificationErrorCode>> = {
  version_missing: "unsupported_signature",
  other_prefix: "unsupported_signature",
  no_v1_signature: "unsupported_signature",
  no_v1a_signature: "unsupported_signature",
  other_label: "unsupported_signature",
  algorithm_confusion: "unsupported_signature",
  missing_header: "missing_header",
  timestamp_too_old: "timestamp_too_old",
  timestamp_too_new: "timestamp_too_new",
  timestamp_not_unix_seconds: "malformed_header",
  dot_in_id: "malformed_header",
};

/** Returns `verified` or the code of the error. */
async function verifyVector({ headers, keys, now, body_base64 }: SignatureVector): Promise<string> {
  const body = new Uint8Array(Buffer.from(body_base64, "base64"));
  try {
    const verified = await verify({ headers, keys, body, now: new Date(now * 1000) });
    expect(verified.body).toEqual(body);
    return "verified";
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error;
    return error.code;
  }
}

const toExpectation = ({ valid, reason = "" }: SignatureVector): string =>
  valid ? "verified" : (CODES[reason] ?? "no_matching_signature");

test.each([
  ["v1", 15, 25],
  ["v1a", 3, 3],
])("there are valid and invalid vectors of %s", (scheme, good, bad) => {
  const of = cases.filter((vector) => vector.scheme === scheme);
  expect(of.filter(({ valid }) => valid).length).toBeGreaterThan(good);
  expect(of.filter(({ valid }) => !valid).length).toBeGreaterThan(bad);
});

describe.each(cases)("$name", (vector) => {
  test("is verified, or refused for the stated reason", async () => {
    expect(await verifyVector(vector)).toBe(toExpectation(vector));
    expect(await verifyVector(vector)).not.toBe(toExpectation({ ...vector, valid: !vector.valid }));
  });

  test.runIf(vector.body !== undefined)("gives the same result with the body as text", async () => {
    const { headers, keys, now, body = "" } = vector;
    const verified = verify({ headers, keys, body, now: new Date(now * 1000) }).then(
      () => true,
      () => false,
    );
    expect(await verified).toBe(vector.valid);
  });
});

describe("signs like the vectors", () => {
  test.each(cases.filter(({ sign_with }) => sign_with !== undefined))("$name", async (vector) => {
    const { headers, body_base64, sign_with: keys = [] } = vector;
    const signed = await sign({
      id: headers["webhook-id"] ?? "",
      timestamp: Number(headers["webhook-timestamp"]),
      body: new Uint8Array(Buffer.from(body_base64, "base64")),
      keys,
    });
    expect(headers).toMatchObject(signed);
  });
});
