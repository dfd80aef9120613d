import { createHash, createHmac } from "node:crypto";
import { generateKeyPair, sign } from "@convergint/webhooks";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Hash, hasher, webHasher } from "./hashing.ts";
import { diagnose } from "./index.ts";
import type { KeyCode, KeyFormCode, SchemeCode } from "./mistake.ts";
import {
  BYTES,
  ENCODED,
  expectMistakes,
  expectNoSecretIn,
  type Making,
  make,
  NOW,
  SECRET,
} from "./testing/deliveries.ts";

const SIGNED_WITH: Record<KeyCode, readonly Making["key"][]> = {
  secret_not_decoded: [ENCODED],
  secret_prefix_in_key: [SECRET],
  // The secret together with its prefix, as Node and as Python decode it.
  secret_prefix_decoded: [Buffer.from(SECRET, "base64"), Buffer.from(`whsec${ENCODED}`, "base64")],
  secret_v1_prefix_in_key: [`v1,${SECRET}`, Buffer.from(`v1,${SECRET}`, "base64"), `v1,${ENCODED}`],
  secret_read_as_hex: [],
  secret_as_hex_text: [BYTES.toString("hex"), BYTES.toString("hex").toUpperCase()],
  secret_newline: [`${SECRET}\n`, `${ENCODED}\n`, `${SECRET}\r\n`, Buffer.concat([BYTES, Buffer.from("\n")])],
  secret_quoted: [`"${SECRET}"`, `'${SECRET}'`],
  secret_utf16: [
    Buffer.from(SECRET, "utf16le"),
    Buffer.from(ENCODED, "utf16le"),
    Buffer.from(SECRET, "utf16le").swap16(),
  ],
  secret_case_changed: [Buffer.from(ENCODED.toLowerCase(), "base64"), ENCODED.toUpperCase()],
  secret_not_set: ["", "undefined", "None"],
};

test.each(Object.entries(SIGNED_WITH).flatMap(([code, keys]) => keys.map((key) => [code, key] as const)))(
  "%s",
  async (code, key) => {
    await expectMistakes(make({ key: key ?? "" }), [code as KeyCode]);
  },
);

test("secret_read_as_hex", async () => {
  const hex = BYTES.toString("hex");
  await expectMistakes(make({ key: BYTES }), ["secret_read_as_hex"], { keys: `whsec_${hex}` });
});

const HASHED: Record<SchemeCode, readonly Making[]> = {
  sha1: [{ hash: "sha1" }],
  sha384: [{ hash: "sha384" }],
  sha512: [{ hash: "sha512" }],
  plain_hash: [
    { digest: (message) => createHash("sha256").update(BYTES).update(message).digest() },
    { digest: (message) => createHash("sha256").update(message).update(BYTES).digest() },
  ],
  hash_without_secret: [{ digest: (message) => createHash("sha256").update(message).digest() }],
  hmac_swapped: [{ digest: (message) => createHmac("sha256", message).update(BYTES).digest() }],
};

test.each(Object.entries(HASHED).flatMap(([code, all]) => all.map((making) => [code, making] as const)))(
  "%s",
  async (code, making) => {
    await expectMistakes(make(making), [code as SchemeCode]);
  },
);

const unusable = "whsec_sk_live_not_base64_at_all";
const GIVEN: Record<
  KeyFormCode,
  readonly { keys: string | string[]; key?: string | Buffer; complete?: boolean }[]
> = {
  no_key: [
    { keys: [], complete: false },
    { keys: null as unknown as string, complete: false },
    { keys: "", complete: false },
  ],
  too_many_keys: [{ keys: Array.from({ length: 17 }, () => SECRET) }],
  key_has_v1_prefix: [{ keys: `v1,${SECRET}` }],
  key_has_quotes: [{ keys: `"${SECRET}"` }, { keys: `'${SECRET}'` }],
  key_has_whitespace: [{ keys: `${SECRET}\n` }, { keys: [` ${SECRET}`] }],
  key_base64url: [
    { keys: `whsec_${Buffer.alloc(32, 0xfb).toString("base64url")}=`, key: Buffer.alloc(32, 0xfb) },
  ],
  key_unpadded: [{ keys: SECRET.replace(/=+$/, "") }],
  key_without_prefix: [{ keys: SECRET.replace("whsec_", "") }],
  key_not_base64: [{ keys: unusable, key: unusable.replace("whsec_", "") }],
  key_length: [
    { keys: `whsec_${Buffer.alloc(16, 1).toString("base64")}`, key: Buffer.alloc(16, 1) },
    { keys: `whpk_${Buffer.alloc(31, 1).toString("base64")}`, complete: false },
  ],
  private_key_given: [{ keys: `whsk_${Buffer.alloc(32, 1).toString("base64")}`, complete: false }],
};

test.each(Object.entries(GIVEN).flatMap(([code, all]) => all.map((given) => [code, given] as const)))(
  "%s",
  async (code, { keys, key = BYTES, complete = true }) => {
    await expectMistakes(make({ key }), [code as KeyFormCode], { keys, complete });
  },
);

test("a delivery is valid if any of the keys matches", async () => {
  const other = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  expect(await diagnose({ ...make({}), keys: [other, SECRET], now: NOW })).toEqual({ verdict: "valid" });
});

test("says what to compare if the secrets differ", async () => {
  const delivery = make({ key: Buffer.alloc(32, 7) });
  const diagnosis = await diagnose({ ...delivery, keys: SECRET, now: NOW });
  expect(diagnosis).toMatchObject({
    verdict: "unknown",
    compare: [/secret/, /body/, /signed/, /endpoint/].map((about) => expect.stringMatching(about)),
  });
  expect(diagnosis).toHaveProperty(
    "checked",
    expect.toSatisfy((checked: number) => checked > 1000 && checked <= 10_000),
  );
  expectNoSecretIn(diagnosis, delivery);
});

test("verifies with the public key inside a private key", async () => {
  const { privateKey } = await generateKeyPair();
  const headers = await sign({ id: "evt_1", body: "{}", keys: privateKey, timestamp: NOW });
  await expectMistakes({ headers, body: "{}" }, ["private_key_given"], { keys: privateKey });
});

test("node:crypto and WebCrypto compute the same hashes", async () => {
  expect(hasher).not.toBe(webHasher);
  const hash = fc.constantFrom<Hash[]>("SHA-1", "SHA-256", "SHA-384", "SHA-512");
  const bytes = fc.uint8Array({ maxLength: 200 }).map((of) => Uint8Array.from(of));
  await fc.assert(
    fc.asyncProperty(hash, bytes, bytes, async (of, key, message) => {
      const [node, web] = [hasher, webHasher].map((each) => each.createHmac(of, key)(message));
      expect(Buffer.from((await node) ?? [])).toEqual(Buffer.from((await web) ?? []));
      const plain = await hasher.digest(of, message);
      expect(Buffer.from(plain)).toEqual(Buffer.from(await webHasher.digest(of, message)));
    }),
  );
});
