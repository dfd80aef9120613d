import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { computeKeyId, open, preAuthenticationEncoding, seal } from "./dsse.ts";

const IN_TOTO = "application/vnd.in-toto+json";
const STATEMENT = '{"_type":"https://in-toto.io/Statement/v1"}';

/** The first test key of RFC 8032, section 7.1. */
const seed = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]),
  format: "der",
  type: "pkcs8",
});
const publicKey = createPublicKey(privateKey);

test.each([
  // From the DSSE specification.
  ["http://example.com/HelloWorld", "hello world", "DSSEv1 29 http://example.com/HelloWorld 11 hello world"],
  [IN_TOTO, "", `DSSEv1 28 ${IN_TOTO} 0 `],
  // A length in the encoding counts bytes, not characters.
  ["ä", "é", "DSSEv1 2 ä 2 é"],
])("PAE of %s and %s", (type, body, encoded) => {
  expect(preAuthenticationEncoding(type, Buffer.from(body)).toString()).toBe(encoded);
});

describe("third-party vectors", () => {
  const vector = (type: string, payload: string, sig: string) => ({
    payloadType: type,
    payload,
    signatures: [{ keyid: "A", sig }],
  });
  const payload = Buffer.from(STATEMENT).toString("base64");
  const SIG = "2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA==";

  test.each([
    ["one signature", vector(IN_TOTO, payload, SIG), true],
    [
      "URL-safe base64",
      vector(
        IN_TOTO,
        "-_-_Pj8=",
        "P-_KHICeR7tI6S_YyejJTRtrXhcQyQ2LYPaL8h90KjC9qN8HU_svOQ6TuDOT1HIrsGW886DbWNWcCmX5twLrAw==",
      ),
      true,
    ],
    [
      "an empty payload",
      vector(
        IN_TOTO,
        "",
        "gSggCAaTLTYyRH6FIDBem6meyIynsYy8RTHVzwx9tnTb7Bg/1jMWnuVgI/gffqmbsC2VX5/jHfkkDqsj7CDbDg==",
      ),
      true,
    ],
    [
      "a type that is not ASCII",
      vector(
        "application/vnd.exämple+json",
        payload,
        "xmSk/ug66ysT7ayhkCIjhAq42zgZXSsEWuzUaNL7w2eGAdF/NU6/fRXPtmfN+5DNSAs5/i2lUnHjbbjPsu0tAw==",
      ),
      true,
    ],
    ["a different payload type", vector("application/vnd.example.other+json", payload, SIG), false],
  ])("%s", (_, envelope, isSigned) => {
    expect(open(envelope, publicKey) !== null).toBe(isSigned);
  });

  test("signs deterministically", () => {
    expect(seal(IN_TOTO, Buffer.from(STATEMENT), privateKey).signatures).toEqual([
      { keyid: computeKeyId(publicKey), sig: SIG },
    ]);
  });
});

test("ignores the key id: verifies with the given key only", () => {
  const envelope = seal(IN_TOTO, Buffer.from(STATEMENT), privateKey);
  const other = generateKeyPairSync("ed25519").publicKey;
  const claiming = envelope.signatures.map(({ sig }) => ({ sig, keyid: computeKeyId(other) }));
  expect(open({ ...envelope, signatures: claiming }, other)).toBeNull();
  expect(open({ ...envelope, signatures: claiming }, publicKey)?.toString()).toBe(STATEMENT);
});
