import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { TokenError } from "./errors.ts";
import { type Jwk, readPrivateKey } from "./private-key.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");

const pem = (key: KeyObject, type: "pkcs8" | "pkcs1" | "sec1" = "pkcs8") =>
  key.export({ format: "pem", type }).toString();
const PKCS8 = pem(rsa.privateKey);
const jwk = (key: KeyObject): Jwk => ({ ...key.export({ format: "jwk" }) });

/** The parts of a key that must appear nowhere: a line of its PEM, and members of its JWK. */
const SECRETS = [
  ...PKCS8.split("\n").slice(3, 6),
  ...[rsa, ec, ed].flatMap(({ privateKey }) => String(jwk(privateKey)["d"]).slice(0, 40)),
];

/** Returns the code of the error of a key; the error must not quote the key. */
function codeOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    const text = `${inspect(error, { depth: 9 })} ${error.cause}`;
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    return error.code;
  }
  return "none";
}

describe("readPrivateKey reads", () => {
  test.each<[string, string | Jwk, string]>([
    ["PKCS#8", PKCS8, "RS256"],
    ["PKCS#1", pem(rsa.privateKey, "pkcs1"), "RS256"],
    ["SEC1", pem(ec.privateKey, "sec1"), "ES256"],
    ["an Ed25519 key", pem(ed.privateKey), "EdDSA"],
    ["a JWK", jwk(ec.privateKey), "ES256"],
    ["a JWK as JSON", `\uFEFF ${JSON.stringify(jwk(rsa.privateKey))}\n`, "RS256"],
    ["Windows line ends", PKCS8.replaceAll("\n", "\r\n"), "RS256"],
    ["line ends written as \\n, in quotes", JSON.stringify(PKCS8), "RS256"],
    ["line ends written as \\r\\n", PKCS8.replaceAll("\n", "\\r\\n"), "RS256"],
    ["spaces for line ends", PKCS8.replaceAll("\n", " "), "RS256"],
    ["indented lines and text around the key", `key:\n${PKCS8.replaceAll(/^/gm, "  ")}\nend`, "RS256"],
    [
      "the parameters that openssl ecparam writes first",
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem(ec.privateKey, "sec1")}`,
      "ES256",
    ],
    [
      "a key next to its public key",
      `${rsa.publicKey.export({ format: "pem", type: "spki" })}${PKCS8}`,
      "RS256",
    ],
  ])("%s", async (_, input, algorithm) => {
    expect(readPrivateKey(input).algorithm).toBe(algorithm);
  });

  test("the id of a JWK, which an option replaces", () => {
    const input = { ...jwk(ed.privateKey), kid: "a" };
    expect(readPrivateKey(input).keyId).toBe("a");
    expect(readPrivateKey(input, { keyId: "b" }).keyId).toBe("b");
    expect(readPrivateKey(PKCS8).keyId).toBeUndefined();
  });

  test("a key that was read before, unchanged", () => {
    const key = readPrivateKey(PKCS8);
    expect(readPrivateKey(key)).toBe(key);
  });
});

const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
const encrypt = (type: "pkcs8" | "pkcs1") =>
  rsa.privateKey.export({ format: "pem", type, cipher: "aes-256-cbc", passphrase: "p" }).toString();

describe("readPrivateKey refuses", () => {
  test.each<[string, string | Jwk, string]>([
    ["a public key", rsa.publicKey.export({ format: "pem", type: "spki" }).toString(), "key_public"],
    ["a public PKCS#1 key", rsa.publicKey.export({ format: "pem", type: "pkcs1" }).toString(), "key_public"],
    ["a public JWK", jwk(ec.publicKey), "key_public"],
    ["a certificate", PKCS8.replaceAll("PRIVATE KEY", "CERTIFICATE"), "key_certificate"],
    ["a certificate request", PKCS8.replaceAll("PRIVATE KEY", "CERTIFICATE REQUEST"), "key_certificate"],
    ["an encrypted PKCS#8 key", encrypt("pkcs8"), "key_encrypted"],
    ["an encrypted PKCS#1 key", encrypt("pkcs1"), "key_encrypted"],
    ["a key of OpenSSH", PKCS8.replaceAll("PRIVATE KEY", "OPENSSH PRIVATE KEY"), "key_unsupported"],
    ["a shared secret", { kty: "oct", k: "c2VjcmV0" }, "key_unsupported"],
    ["another curve", pem(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey), "key_unsupported"],
    ["a key that does not sign", pem(generateKeyPairSync("x25519").privateKey), "key_unsupported"],
    ["RSA under 2048 bits", pem(short), "key_too_short"],
    ["a JWK of another algorithm", { ...jwk(rsa.privateKey), alg: "PS512" }, "key_wrong_algorithm"],
    ["half a file", PKCS8.slice(0, 800), "key_unreadable"],
    ["a key with lost lines", PKCS8.split("\n").toSpliced(3, 2).join("\n"), "key_unreadable"],
    ["a damaged JWK", { ...jwk(rsa.privateKey), n: "AQAB" }, "key_unreadable"],
    ["a JWK without a kind", { d: "AQAB" }, "key_unreadable"],
    ["a set of keys", { keys: [jwk(rsa.privateKey)] }, "key_unreadable"],
    ["JSON with an error", JSON.stringify(jwk(rsa.privateKey)).slice(0, -2), "key_unreadable"],
    ["two private keys", PKCS8 + pem(ed.privateKey), "key_unreadable"],
    ["DER", rsa.privateKey.export({ format: "der", type: "pkcs8" }).toString("latin1"), "key_unreadable"],
    ["a path", "/run/secrets/private.pem", "key_unreadable"],
    ["nothing", "", "key_unreadable"],
  ])("%s", (_, input, code) => {
    expect(codeOf(() => readPrivateKey(input))).toBe(code);
  });

  test("an algorithm that the key cannot sign, and one that does not exist", () => {
    expect(codeOf(() => readPrivateKey(PKCS8, { algorithm: "ES256" }))).toBe("key_wrong_algorithm");
    expect(codeOf(() => readPrivateKey(PKCS8, { algorithm: "none" as "RS256" }))).toBe("invalid_option");
  });
});

test("a key shows in neither JSON nor inspection", () => {
  const key = readPrivateKey(PKCS8, { keyId: "k" });
  const shown = [inspect(key, { depth: 9, showHidden: true }), JSON.stringify({ key }), String(key)].join();
  for (const secret of SECRETS) expect(shown).not.toContain(secret);
  expect(shown).toContain('{"algorithm":"RS256","keyId":"k"}');
  expect(Object.keys(structuredClone(key))).toEqual(["algorithm", "keyId"]);
});
