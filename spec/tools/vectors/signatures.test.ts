import { readFile } from "node:fs/promises";
import { getPublicKeyAsync, signAsync, verifyAsync } from "@noble/ed25519";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SignatureCase } from "./signatures/signature-case.ts";

const { cases } = JSON.parse(
  await readFile(new URL("../../1.0/vectors/signatures.json", import.meta.url), "utf8"),
) as { cases: SignatureCase[] };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const bodyOf = ({ body_base64 }: SignatureCase) => Buffer.from(body_base64, "base64");
const ofKind = (keys: readonly string[], prefix: string) => keys.filter((key) => key.startsWith(prefix));
const bytesOf = (key: string) => Buffer.from(key.replace(/^wh\w+_/, ""), "base64");

/** Verifies a delivery with the `whsec_` keys, using the package of the Standard Webhooks project. */
function verifiesByPackage(vector: SignatureCase): boolean {
  vi.setSystemTime(vector.now * 1000);
  return ofKind(vector.keys, "whsec_").some((key) => {
    try {
      new Webhook(key).verify(bodyOf(vector), { ...vector.headers }, { jsonParse: false });
      return true;
    } catch {
      return false;
    }
  });
}

/** Verifies a delivery with the `whpk_` keys, using Ed25519 of @noble/ed25519. */
async function verifiesByEd25519({ headers, keys, now, ...vector }: SignatureCase): Promise<boolean> {
  const {
    "webhook-id": id = "",
    "webhook-timestamp": timestamp = "",
    "webhook-signature": text = "",
  } = headers;
  const isTimely = /^\d+$/.test(timestamp) && Math.abs(now - Number(timestamp)) <= 300;
  if (!/^[!-~]+$/.test(id) || id.includes(".") || !isTimely) return false;
  const content = Buffer.concat([
    Buffer.from(`${id}.${timestamp}.`),
    Buffer.from(vector.body_base64, "base64"),
  ]);
  const verdicts = text
    .split(" ")
    .filter((signature) => signature.startsWith("v1a,"))
    .map((signature) => signature.slice("v1a,".length))
    .flatMap((encoded) => ofKind(keys, "whpk_").map((key) => [encoded, key] as const))
    .map(async ([encoded, key]) => {
      const signature = Buffer.from(encoded, "base64");
      if (signature.toString("base64") !== encoded || signature.length !== 64) return false;
      return verifyAsync(signature, content, bytesOf(key), { zip215: false });
    });
  return (await Promise.all(verdicts)).includes(true);
}

/** Verifies a case with an implementation that shares no code with the generator. */
const verdict = async (vector: SignatureCase): Promise<boolean> =>
  vector.scheme === "v1a"
    ? (await verifiesByEd25519(vector)) || verifiesByPackage(vector)
    : verifiesByPackage(vector);

/** Checks whether an independent implementation agrees with a case. */
async function agrees(vector: SignatureCase): Promise<boolean> {
  const { valid, standardwebhooks_package: differs } = vector;
  if (differs) return verifiesByPackage(vector) === differs.accepts && differs.accepts !== valid;
  return (await verdict(vector)) === valid;
}

describe.each(cases)("$name", (vector) => {
  test("agrees with an independent implementation", async () => {
    expect(await agrees(vector)).toBe(true);
    expect(await agrees({ ...vector, valid: !vector.valid })).toBe(false);
  });

  test("has a reason only if it must be refused", async () => {
    expect({
      reason: vector.reason !== undefined && /^[a-z0-9_]+$/.test(vector.reason),
      requirement: vector.requirement?.startsWith("SIG-") ?? false,
      explanation: vector.explanation?.endsWith(".") ?? false,
    }).toEqual({ reason: !vector.valid, requirement: !vector.valid, explanation: !vector.valid });
  });

  test("shows its body unchanged", () => {
    const isText = Buffer.from(bodyOf(vector).toString()).equals(bodyOf(vector));
    expect(vector.body).toBe(isText ? bodyOf(vector).toString() : undefined);
  });
});

describe("the signature that a signer computes for a case with sign_with", () => {
  const signed = cases.filter(({ sign_with }) => sign_with !== undefined);

  test.each(signed)("$name", async ({ headers, sign_with = [], body_base64 }) => {
    const id = headers["webhook-id"] ?? "";
    const timestamp = headers["webhook-timestamp"] ?? "";
    const body = Buffer.from(body_base64, "base64");
    const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
    const signatures = sign_with.map(async (key) => {
      if (key.startsWith("whsk_"))
        return `v1a,${Buffer.from(await signAsync(content, bytesOf(key))).toString("base64")}`;
      const hmacKey = await crypto.subtle.importKey(
        "raw",
        bytesOf(key),
        { name: "HMAC", hash: "SHA-256" },
        false,
        ["sign"],
      );
      return `v1,${Buffer.from(await crypto.subtle.sign("HMAC", hmacKey, content)).toString("base64")}`;
    });
    expect(headers["webhook-signature"]).toBe((await Promise.all(signatures)).join(" "));
  });

  test("every whsk_ key has its whpk_ key among the verifying keys", async () => {
    const pairs = signed.flatMap(({ name, keys, sign_with = [] }) =>
      ofKind(sign_with, "whsk_").length > 0 ? [{ name, keys, sign_with }] : [],
    );
    expect(pairs.length).toBeGreaterThan(5);
    for (const { name, keys, sign_with } of pairs) {
      const halves = ofKind(sign_with, "whsk_").map(
        async (key) => `whpk_${Buffer.from(await getPublicKeyAsync(bytesOf(key))).toString("base64")}`,
      );
      expect(
        (await Promise.all(halves)).some((half) => keys.includes(half)),
        name,
      ).toBe(true);
    }
  });
});

describe("no valid case remains valid if", () => {
  const good = cases.filter(({ valid }) => valid);
  const flipped = (bytes: Buffer, at: number) =>
    Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));

  test.each([
    [
      "a byte of the body differs",
      (vector: SignatureCase) => {
        const body = bodyOf(vector);
        const other = body.length > 0 ? flipped(body, body.length >> 1) : Buffer.from(" ");
        return { ...vector, body_base64: other.toString("base64") };
      },
    ],
    [
      "the id differs",
      (vector: SignatureCase) => ({
        ...vector,
        headers: Object.fromEntries(
          Object.entries(vector.headers).map(([name, value]) => [
            name,
            name.toLowerCase() === "webhook-id" ? `${value}x` : value,
          ]),
        ),
      }),
    ],
    [
      "the keys differ",
      (vector: SignatureCase) => ({
        ...vector,
        keys: vector.keys.map(
          (key) => key.slice(0, key.indexOf("_") + 1) + flipped(bytesOf(key), 3).toString("base64"),
        ),
      }),
    ],
    ["ten minutes have passed", (vector: SignatureCase) => ({ ...vector, now: vector.now + 601 })],
  ])("%s", async (_, spoilt) => {
    for (const vector of good) {
      const { standardwebhooks_package: __, ...changed } = spoilt(vector);
      expect(await verdict(changed), vector.name).toBe(false);
    }
  });
});
