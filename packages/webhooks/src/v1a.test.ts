import { createPrivateKey, createPublicKey, verify as verifyEd25519 } from "node:crypto";
import { getPublicKeyAsync, signAsync, verifyAsync } from "@noble/ed25519";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createVerifier } from "./create-verifier.ts";
import { generateKeyPair, generateSecret } from "./key.ts";
import { sign } from "./sign.ts";

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const bytesOf = (key: string) => Buffer.from(key.slice("whsk_".length), "base64");
const signed = (headers: { "webhook-id": string; "webhook-timestamp": string }, body: Uint8Array) =>
  Buffer.concat([Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`), body]);

const pair = await generateKeyPair();
const body = '{"status":"offline"}';

test("generates key pairs that node:crypto accepts", () => {
  const [seed, publicBytes] = [bytesOf(pair.privateKey).subarray(0, 32), bytesOf(pair.publicKey)];
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const derived = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  expect(derived.export({ format: "jwk" }).x).toBe(publicBytes.toString("base64url"));
  expect(bytesOf(pair.privateKey).subarray(32)).toEqual(publicBytes);
});

test("agrees with an independent implementation in both directions", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ maxLength: 400 }),
      async (seed, bytes) => {
        const publicBytes = await getPublicKeyAsync(seed);
        const headers = await sign({ id: "evt_1", body: bytes, keys: `whsk_${base64(seed)}` });
        const signature = Buffer.from(headers["webhook-signature"].slice("v1a,".length), "base64");
        expect(await verifyAsync(signature, signed(headers, bytes), publicBytes)).toBe(true);

        const theirs = `v1a,${base64(await signAsync(signed(headers, bytes), seed))}`;
        const verify = createVerifier({ keys: `whpk_${base64(publicBytes)}` });
        const verified = await verify({ headers: { ...headers, "webhook-signature": theirs }, body: bytes });
        expect(verified.keyIndex).toBe(0);
      },
    ),
    { numRuns: 50 },
  );
});

test("signs with a secret and a private key together; either verifies", async () => {
  const secret = generateSecret();
  const headers = await sign({ id: "evt_1", body, keys: [secret, pair.privateKey] });
  expect(headers["webhook-signature"]).toMatch(/^v1,\S{44} v1a,\S{88}$/);
  for (const keys of [secret, pair.publicKey]) {
    expect((await createVerifier({ keys })({ headers, body })).keyIndex).toBe(0);
  }
  const publicKey = createPublicKey({
    key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytesOf(pair.publicKey)]),
    format: "der",
    type: "spki",
  });
  const signature = Buffer.from(headers["webhook-signature"].split("v1a,")[1] ?? "", "base64");
  expect(verifyEd25519(null, signed(headers, Buffer.from(body)), publicKey, signature)).toBe(true);
});

describe("refuses", () => {
  test("a signature by another key, another body, and only a signature of the other version", async () => {
    const headers = await sign({ id: "evt_1", body, keys: pair.privateKey });
    const other = createVerifier({ keys: (await generateKeyPair()).publicKey });
    await expect(other({ headers, body })).rejects.toMatchObject({ code: "no_matching_signature" });
    const verify = createVerifier({ keys: pair.publicKey });
    await expect(verify({ headers, body: "{}" })).rejects.toMatchObject({ code: "no_matching_signature" });
    const shared = createVerifier({ keys: generateSecret() });
    await expect(shared({ headers, body })).rejects.toMatchObject({ code: "unsupported_signature" });
  });

  test("a signature that is not canonical base64", async () => {
    const headers = await sign({ id: "evt_1", body, keys: pair.privateKey });
    const signature = headers["webhook-signature"];
    const verify = createVerifier({ keys: pair.publicKey });
    for (const written of [
      signature.replace(/=+$/, ""),
      `${signature}\n`,
      signature.replace("v1a,", "v1a, "),
    ]) {
      await expect(verify({ headers: { ...headers, "webhook-signature": written }, body })).rejects.toThrow();
    }
  });

  test.each([
    ["a public key to sign with", () => sign({ id: "evt_1", body, keys: pair.publicKey })],
    ["a private key to verify with", async () => createVerifier({ keys: pair.privateKey })],
    [
      "a key of another length",
      () => sign({ id: "evt_1", body, keys: `whsk_${base64(new Uint8Array(31))}` }),
    ],
    ["a key that is not base64", async () => createVerifier({ keys: "whpk_***" })],
  ])("%s, without disclosing it", async (_, call) => {
    await expect(call()).rejects.toMatchObject({ code: "invalid_key" });
    await expect(call()).rejects.toThrow(expect.not.stringContaining(pair.privateKey.slice(5)));
  });
});

test("verifies only the first two v1a signatures with a key, because each hashes the body again", async () => {
  const headers = await sign({ id: "evt_1", body, keys: [pair.privateKey, generateSecret()] });
  const [right = "", v1 = ""] = headers["webhook-signature"].split(" ");
  const wrong = `v1a,${base64(Buffer.alloc(64, 7))}`;
  const verify = createVerifier({ keys: pair.publicKey });
  const verifyWith = (...signatures: string[]) =>
    verify({ headers: { ...headers, "webhook-signature": signatures.join(" ") }, body });
  await expect(verifyWith(v1, wrong, v1, right)).resolves.toMatchObject({ id: "evt_1" });
  await expect(verifyWith(wrong, wrong, right)).rejects.toMatchObject({ code: "no_matching_signature" });
});
