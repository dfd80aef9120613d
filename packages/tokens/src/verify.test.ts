import { createHmac, generateKeyPairSync, type KeyObject } from "node:crypto";
import { type JWTPayload, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { TokenError } from "./errors.ts";
import { readPrivateKey } from "./private-key.ts";
import { type ConsumerKey, type VerifyOptions, verifyConsumerToken } from "./verify.ts";

const START = Date.parse("2026-11-23T08:30:00Z");
const NOW = START / 1000;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");
const spki = (key: KeyObject) => key.export({ format: "pem", type: "spki" }).toString();
const PUBLIC = spki(rsa.publicKey);

const CLAIMS = { iss: "convergint", iat: NOW, exp: NOW + 3600, jti: "1" };
const sign = (
  claims: JWTPayload = CLAIMS,
  { key = rsa.privateKey, ...header }: { key?: KeyObject; alg?: string; kid?: unknown } = {},
) => new SignJWT(claims).setProtectedHeader({ alg: "RS256", ...(header as object) }).sign(key);

const options = (changes: Partial<VerifyOptions> = {}): VerifyOptions => ({
  keys: [{ publicKey: PUBLIC }],
  issuer: "convergint",
  now: () => START,
  ...changes,
});

async function codeOf(token: string, changes: Partial<VerifyOptions> = {}): Promise<string> {
  const error = await verifyConsumerToken(token, options(changes)).catch((each: unknown) => each);
  if (!(error instanceof TokenError)) return error instanceof Error ? error.message : "accepted";
  for (const part of token.split(".")) if (part !== "") expect(error.message).not.toContain(part);
  return error.code;
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const hmacWith = (secret: string | Buffer, alg = "HS256") => {
  const content = `${part({ alg, typ: "JWT" })}.${part(CLAIMS)}`;
  return `${content}.${createHmac("sha256", secret).update(content).digest("base64url")}`;
};

describe("a valid token", () => {
  test.each<[string, JWTPayload]>([
    ["with the longest lifetime", CLAIMS],
    ["at the end of its life", { ...CLAIMS, iat: NOW - 3599, exp: NOW + 1 }],
    ["whose exp passed within the tolerance", { ...CLAIMS, iat: NOW - 3600, exp: NOW - 59 }],
    ["from a clock that is a minute ahead", { ...CLAIMS, iat: NOW + 60, exp: NOW + 3660 }],
    ["with an audience that the manifest does not name", { ...CLAIMS, aud: "elsewhere" }],
    ["with fractions of a second and unknown claims", { ...CLAIMS, iat: NOW + 0.5, scope: ["x"] }],
  ])("%s", async (_, claims) => {
    expect(await codeOf(await sign(claims))).toBe("accepted");
  });

  test.each<[string, KeyObject, KeyObject]>([
    ["RS256", rsa.privateKey, rsa.publicKey],
    ["ES256", ec.privateKey, ec.publicKey],
    ["EdDSA", ed.privateKey, ed.publicKey],
  ])("in %s, with the public key as PEM or JWK", async (alg, privateKey, publicKey) => {
    const token = await sign(CLAIMS, { key: privateKey, alg });
    for (const each of [
      spki(publicKey),
      spki(publicKey).replaceAll("\n", "\\n"),
      { ...publicKey.export({ format: "jwk" }) },
    ]) {
      const keys = [{ publicKey: PUBLIC, keyId: "other" }, { publicKey: each }];
      const algorithms = ["RS256", "ES256", "EdDSA"] as const;
      expect(await codeOf(token, { keys, algorithms })).toBe("accepted");
    }
  });

  test("of a certificate's key", async () => {
    // Signed once with the private key of this certificate, which was then deleted.
    const token =
      "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjIwMjYtMTEifQ.eyJpc3MiOiJjb252ZXJnaW50IiwiaWF0IjoxNzk1NDIyNjAwLCJleHAiOjE3OTU0MjMyMDAsImp0aSI6ImZpeGVkIn0.HAO47essFGPz0M-kQ0rOR6SVBw1nWMsSrYALe4PN7VumfWeXuxtfpvb5_W4fqeyLV92ftXj7Xe6fO4kWkh2hlw";
    const publicKey = `-----BEGIN CERTIFICATE-----
MIIBfTCCASOgAwIBAgIUeWwnv6SC9aFYFoNqCIQncIArAO0wCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIY29uc3VtZXIwIBcNMjYxMTMwMTkzNTUzWhgPMjEyNjExMDYx
OTM1NTNaMBMxETAPBgNVBAMMCGNvbnN1bWVyMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEL8n+0ZEczs/tCJuNgjmnP4VnwU72yWWnilIyucPQ7iZQ7TwCrkZZnT5R
FpPkL0dbJ7yXmDXzDLaB+SIwfs0g76NTMFEwHQYDVR0OBBYEFJk8Ng/olAb3VS7X
ODnR0eiC6DxvMB8GA1UdIwQYMBaAFJk8Ng/olAb3VS7XODnR0eiC6DxvMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgSH8xVzm7P8waay1byPG/uZVC
lo0OXYir6BDDSXpewvACIQDpea7yHme5WIZ9Uz3R4dXbbpDRy3x/m/B1VH1c4xIC
2w==
-----END CERTIFICATE-----`;
    const { claims } = await verifyConsumerToken(
      token,
      options({ keys: [{ publicKey }], algorithms: ["ES256"] }),
    );
    expect(claims).toEqual({ iss: "convergint", iat: NOW, exp: NOW + 600, jti: "fixed" });
  });

  test("names its key, with the vendor's own members, and its claims", async () => {
    const keys = [
      { publicKey: spki(stranger.publicKey), keyId: "a", account: "one" },
      { publicKey: PUBLIC, keyId: "b", account: "two" },
    ];
    const verified = await verifyConsumerToken(await sign(CLAIMS, { kid: "b" }), {
      keys,
      issuer: "convergint",
      now: () => START,
    });
    expect(verified).toEqual({ key: keys[1], claims: CLAIMS });
  });
});

describe("while a key is replaced", () => {
  const keys: readonly ConsumerKey[] = [
    { publicKey: PUBLIC, keyId: "old" },
    { publicKey: spki(stranger.publicKey), keyId: "new" },
  ];
  test.each<[string, { key: KeyObject; kid?: unknown }, string]>([
    ["the old key", { key: rsa.privateKey, kid: "old" }, "accepted"],
    ["the new key", { key: stranger.privateKey, kid: "new" }, "accepted"],
    ["no kid", { key: stranger.privateKey }, "accepted"],
    ["the kid of the other key", { key: rsa.privateKey, kid: "new" }, "wrong_signature"],
    ["an unknown kid", { key: rsa.privateKey, kid: "older" }, "unknown_key"],
    ["a kid that is a path", { key: rsa.privateKey, kid: "../../dev/null" }, "unknown_key"],
    ["a kid that is not text", { key: rsa.privateKey, kid: ["old"] }, "unknown_key"],
  ])("%s", async (_, header, code) => {
    expect(await codeOf(await sign(CLAIMS, header), { keys })).toBe(code);
  });

  test("says that a token of one key has expired, not that the other key did not sign it", async () => {
    expect(await codeOf(await sign({ ...CLAIMS, iat: NOW - 3600, exp: NOW - 61 }), { keys })).toBe("expired");
  });

  test("a key without an id accepts any kid", async () => {
    expect(await codeOf(await sign(CLAIMS, { kid: "any" }))).toBe("accepted");
  });
});

const [head = "", body = "", signature = ""] = (await sign()).split(".");
const other = await sign(CLAIMS, { key: stranger.privateKey });

describe("a token is refused", () => {
  test.each<[string, JWTPayload, string]>([
    ["that has expired", { ...CLAIMS, iat: NOW - 3600, exp: NOW - 61 }, "expired"],
    ["that is not yet valid", { ...CLAIMS, iat: NOW + 61 }, "not_yet_valid"],
    [
      "that was signed for next year",
      { ...CLAIMS, iat: NOW + 31_536_000, exp: NOW + 31_539_600 },
      "not_yet_valid",
    ],
    ["with nbf in the future", { ...CLAIMS, nbf: NOW + 61 }, "not_yet_valid"],
    ["of another issuer", { ...CLAIMS, iss: "convergint2" }, "wrong_issuer"],
    ["with a list for its issuer", { ...CLAIMS, iss: ["convergint"] as never }, "wrong_issuer"],
    ["that lives too long", { ...CLAIMS, exp: NOW + 3601 }, "wrong_lifetime"],
    ["that ends before it begins", { ...CLAIMS, iat: NOW + 50, exp: NOW + 40 }, "wrong_lifetime"],
    ["without exp", { iss: "convergint", iat: NOW }, "missing_claim"],
    ["without iat", { iss: "convergint", exp: NOW + 60 }, "missing_claim"],
    ["without iss", { iat: NOW, exp: NOW + 60 }, "missing_claim"],
    ["with exp as text", { ...CLAIMS, exp: String(NOW + 60) as never }, "malformed"],
    ["with iat as text", { ...CLAIMS, iat: String(NOW) as never }, "malformed"],
  ])("%s", async (_, claims, code) => {
    expect(await codeOf(await sign(claims))).toBe(code);
  });

  test.each<[string, JWTPayload, string]>([
    ["of another vendor", { ...CLAIMS, aud: "https://other.example" }, "wrong_audience"],
    ["without aud", CLAIMS, "missing_claim"],
  ])("%s, if the manifest names an audience", async (_, claims, code) => {
    const audience = "https://api.vendor.example";
    expect(await codeOf(await sign(claims), { audience })).toBe(code);
    expect(await codeOf(await sign({ ...claims, aud: ["x", audience] }), { audience })).toBe("accepted");
  });

  test.each<[string, string, string]>([
    ["by a key that is not registered", other, "wrong_signature"],
    ["with the signature of another token", `${head}.${body}.${other.split(".")[2]}`, "wrong_signature"],
    [
      "whose claims were changed",
      `${head}.${part({ ...CLAIMS, exp: NOW + 3599 })}.${signature}`,
      "wrong_signature",
    ],
    ["without a signature", `${head}.${body}.`, "wrong_signature"],
    ["in alg none", `${part({ alg: "none" })}.${body}.`, "wrong_algorithm"],
    ["in alg None, with a signature", `${part({ alg: "None" })}.${body}.${signature}`, "wrong_algorithm"],
    ["in HS256 with the public key as PEM", hmacWith(PUBLIC), "wrong_algorithm"],
    [
      "in HS256 with the public key as DER",
      hmacWith(rsa.publicKey.export({ format: "der", type: "spki" })),
      "wrong_algorithm",
    ],
    ["in an HMAC that calls itself RS256", hmacWith(PUBLIC, "RS256"), "wrong_signature"],
    ["without alg", `${part({ typ: "JWT" })}.${body}.${signature}`, "wrong_algorithm"],
    [
      "with a critical member",
      `${part({ alg: "RS256", crit: ["x"], x: 1 })}.${body}.${signature}`,
      "malformed",
    ],
    ["that is text", "key", "malformed"],
    ["that is empty", "", "malformed"],
    ["with five parts", `${head}.${body}.${signature}.${body}.${body}`, "malformed"],
    ["whose header is not JSON", `!.${body}.${signature}`, "malformed"],
    ["that is too long", `${head}.${"A".repeat(9000)}.${signature}`, "malformed"],
  ])("%s", async (_, token, code) => {
    expect(await codeOf(token)).toBe(code);
  });

  test("in an algorithm that the manifest does not declare", async () => {
    expect(await codeOf(await sign(CLAIMS, { alg: "RS512" }))).toBe("wrong_algorithm");
    expect(await codeOf(await sign(CLAIMS, { alg: "PS256" }))).toBe("wrong_algorithm");
    expect(await codeOf(await sign(), { algorithms: ["ES256"] })).toBe("wrong_algorithm");
  });

  test("whose claims are a list", async () => {
    const key = readPrivateKey({ ...rsa.privateKey.export({ format: "jwk" }) });
    expect(await codeOf(await key.sign([] as never))).toBe("missing_claim");
  });
});

describe("a mistake of the vendor", () => {
  test.each<[string, ConsumerKey["publicKey"], string]>([
    ["a private key", rsa.privateKey.export({ format: "pem", type: "pkcs8" }).toString(), "key_private"],
    ["a private JWK", { ...ec.privateKey.export({ format: "jwk" }) }, "key_private"],
    ["a shared secret", { kty: "oct", k: "c2VjcmV0" }, "key_unsupported"],
    ["another curve", spki(generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey), "key_unsupported"],
    ["a short key", spki(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey), "key_too_short"],
    ["text", "key", "key_unreadable"],
  ])("%s", async (_, publicKey, code) => {
    const error = await verifyConsumerToken(await sign(), options({ keys: [{ publicKey }] })).catch(
      (each) => each,
    );
    expect(error).toBeInstanceOf(TokenError);
    expect(error.code).toBe(code);
  });

  test("algorithms that are not those of tokens, or no issuer", async () => {
    expect(await codeOf(hmacWith(PUBLIC), { algorithms: ["HS256" as "RS256"] })).toBe("invalid_option");
    expect(await codeOf(await sign(), { issuer: "" })).toBe("invalid_option");
  });

  test("no keys", async () => {
    expect(await codeOf(await sign(), { keys: [] })).toBe("unknown_key");
  });
});
