import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { inspect } from "node:util";
import { readPrivateKey, verifyConsumerToken } from "@convergint/tokens";
import { describe, expect, test, vi } from "vitest";
import type { Credential, KeyCredential } from "./credential.ts";
import { failureOf } from "./testing/failure-of.ts";
import { device, json, startVendor } from "./testing/vendor.ts";
import { createVendorClient } from "./vendor-client.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const ed = generateKeyPairSync("ed25519").privateKey;
const pem = (key: KeyObject) => key.export({ format: "pem", type: "pkcs8" }).toString();
const PEM = pem(rsa);
/** Parts of the keys: no error, JSON or inspection may have them. */
const SECRETS = [rsa, ec, ed].flatMap((key) => [
  ...pem(key).split("\n").slice(1, -2),
  String(key.export({ format: "jwk" })["d"]),
]);

const AUDIENCE = "https://api.vendor.example";
const SIGNED_JWT = { scheme: "signed_jwt", algorithms: ["RS256", "ES256", "EdDSA"], issuer: "convergint" };

const bearerOf = ({ headers }: IncomingMessage) => headers.authorization?.replace("Bearer ", "") ?? "";

/** A vendor that verifies signed tokens. Its clock is `skewSeconds` ahead of this machine's clock. */
async function keyVendor({
  skewSeconds = 0,
  scheme = {},
  publicKey = readPrivateKey(PEM).publicKey(),
}: {
  skewSeconds?: number;
  scheme?: { audience?: string; max_lifetime_seconds?: number; algorithms?: string[] };
  publicKey?: string;
} = {}) {
  const tokens: string[] = [];
  const keys = [{ keyId: "k1", publicKey }];
  const now = () => Date.now() + skewSeconds * 1000;
  const base = await startVendor(
    async (request, response) => {
      const token = bearerOf(request);
      tokens.push(token);
      const options = { issuer: "convergint", algorithms: ["RS256", "ES256", "EdDSA"] as const };
      const { audience, max_lifetime_seconds: maxLifetimeSeconds } = scheme;
      try {
        await verifyConsumerToken(token, { ...options, keys, audience, maxLifetimeSeconds, now });
        json(response, device("d"));
      } catch (error) {
        const body = {
          title: "Unauthorized",
          status: 401,
          detail: `${token} ${error}`,
          code: "unauthorized",
        };
        json(response, body, 401, { date: new Date(now()).toUTCString() });
      }
    },
    () => ({ authentication: [{ scheme: "bearer" }, { ...SIGNED_JWT, ...scheme }] }),
  );
  const client = (credential: Partial<KeyCredential> = {}) =>
    createVendorClient({ baseUrl: base, credential: { privateKey: PEM, keyId: "k1", ...credential } });
  return { client, tokens };
}

/** The claims of a token. */
const claimsOf = (token = "") => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

describe("a client with a private key", () => {
  test.each<[string, KeyObject]>([
    ["RS256", rsa],
    ["ES256", ec],
    ["EdDSA", ed],
  ])("signs the tokens of its calls in %s", async (algorithm, key) => {
    const publicKey = readPrivateKey(pem(key)).publicKey();
    const { client, tokens } = await keyVendor({ publicKey });
    expect((await client({ privateKey: pem(key) }).device("d")).device_id).toBe("d");
    expect(readPrivateKey(pem(key)).algorithm).toBe(algorithm);
    expect(claimsOf(tokens[0])).not.toHaveProperty("aud");
  });

  test("takes issuer, audience and the longest lifetime from the manifest", async () => {
    const { client, tokens } = await keyVendor({ scheme: { audience: AUDIENCE, max_lifetime_seconds: 120 } });
    await client({ lifetimeSeconds: 3600 }).device("d");
    const { iss, aud, exp, iat } = claimsOf(tokens[0]);
    expect([iss, aud, exp - iat]).toEqual(["convergint", AUDIENCE, 120]);
  });

  test("signs what it is given instead", async () => {
    const { client, tokens } = await keyVendor();
    const given = { issuer: "someone-else", audience: "elsewhere", lifetimeSeconds: 60 };
    expect((await failureOf(() => client(given).device("d"), SECRETS)).code).toBe("unauthorized");
    const { iss, aud, exp, iat } = claimsOf(tokens[0]);
    expect([iss, aud, exp - iat]).toEqual(["someone-else", "elsewhere", 60]);
  });

  test("keeps its token, and replaces it before it expires", async () => {
    const { client, tokens } = await keyVendor();
    const vendor = client();
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      for (const seconds of [0, 1, 440, 460]) {
        vi.setSystemTime(Date.parse("2026-11-23T08:30:00Z") + seconds * 1000);
        await vendor.device("d");
      }
    } finally {
      vi.useRealTimers();
    }
    expect(tokens.map((token) => tokens.indexOf(token))).toEqual([0, 0, 0, 3]);
  });

  test.each([3600, -3600])("follows a vendor's clock that differs by %s s", async (skewSeconds) => {
    const { client, tokens } = await keyVendor({ skewSeconds });
    const vendor = client();
    await Promise.all(Array.from({ length: 5 }, () => vendor.device("d")));
    await vendor.device("d");
    // Each of the five may be refused once, and then all use the same second token.
    expect(new Set(tokens).size).toBe(2);
    expect(tokens.length).toBeLessThanOrEqual(11);
  });

  test("repeats no call that was refused for another reason than its time", async () => {
    const { client, tokens } = await keyVendor({ publicKey: readPrivateKey(pem(ec)).publicKey() });
    const error = await failureOf(() => client().device("d"), SECRETS);
    expect(error.code).toBe("unauthorized");
    expect(error.message).toContain("[redacted]");
    expect(tokens).toHaveLength(1);
    expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toContain(tokens[0]);
  });

  test("shows its key and tokens in neither JSON nor inspection", async () => {
    const { client, tokens } = await keyVendor();
    const vendor = client();
    await vendor.device("d");
    const shown = inspect(vendor, { depth: 9, showHidden: true }) + JSON.stringify(vendor);
    for (const secret of [...SECRETS, tokens[0] ?? "?"]) expect(shown).not.toContain(secret);
  });

  test.each<[string, object[], Credential, RegExp]>([
    ["no signed tokens", [{ scheme: "bearer" }], { privateKey: PEM }, /signed_jwt/],
    [
      "another algorithm",
      [{ ...SIGNED_JWT, algorithms: ["RS256"] }],
      { privateKey: pem(ed) },
      /signs EdDSA, but the vendor's manifest accepts RS256/,
    ],
    [
      "clients with secrets only",
      [{ scheme: "oauth2_client_credentials", token_url: "http://127.0.0.1:9/token" }],
      { clientId: "c", privateKey: PEM },
      /private_key_jwt in the token_endpoint_auth_methods/,
    ],
    [
      "clients with keys only",
      [
        {
          scheme: "oauth2_client_credentials",
          token_url: "http://127.0.0.1:9/token",
          token_endpoint_auth_methods: ["private_key_jwt"],
        },
      ],
      { clientId: "c", clientSecret: "s" },
      /client_secret_basic in the token_endpoint_auth_methods/,
    ],
  ])("makes no call if the manifest declares %s", async (_, authentication, credential, words) => {
    let calls = 0;
    const baseUrl = await startVendor(
      (__, response) => json(response, { n: ++calls }),
      () => ({ authentication }),
    );
    const error = await failureOf(() => createVendorClient({ baseUrl, credential }).device("d"), SECRETS);
    expect([error.code, calls]).toEqual(["not_offered", 0]);
    expect(error.message).toMatch(words);
  });

  test.each<[string, object, RegExp]>([
    ["a public key", { privateKey: readPrivateKey(PEM).publicKey() }, /This is a public key/],
    [
      "an encrypted key",
      {
        privateKey: rsa.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "p" }),
      },
      /encrypted\. Decrypt it/,
    ],
    ["a damaged key", { privateKey: PEM.slice(0, 900) }, /incomplete/],
    ["an algorithm of another kind of key", { privateKey: PEM, algorithm: "ES256" }, /signs RS256/],
    ["bytes", { privateKey: new Uint8Array(8) }, /JWK/],
    ["null", { privateKey: null }, /PEM file or a JWK/],
    ["an empty issuer", { privateKey: PEM, issuer: "" }, /issuer/],
    ["an audience that is not text", { privateKey: PEM, audience: ["x"] }, /audience/],
    ["a lifetime of a day", { privateKey: PEM, lifetimeSeconds: 86_400 }, /lifetimeSeconds/],
    ["a client with a secret and a key", { clientId: "c", clientSecret: "s", privateKey: PEM }, /not both/],
    ["a client without an id", { clientId: "", privateKey: PEM }, /client id/],
  ])("refuses %s before any call", async (_, credential, words) => {
    const baseUrl = "http://127.0.0.1:9";
    const create = async () => createVendorClient({ baseUrl, credential: credential as Credential });
    const error = await failureOf(create, SECRETS);
    expect(error.code).toBe("invalid_option");
    expect(error.message).toMatch(words);
  });
});

describe("an OAuth 2 client with a private key", () => {
  /** A vendor whose token endpoint verifies assertions; `answer` may refuse the first request in another way. */
  async function assertionVendor({ skewSeconds = 0, loseFirst = false } = {}) {
    const forms: URLSearchParams[] = [];
    const authorizations: unknown[] = [];
    const now = () => Date.now() + skewSeconds * 1000;
    const keys = [{ publicKey: readPrivateKey(PEM).publicKey() }];
    const baseUrl = await startVendor(
      async (request, response, url) => {
        if (url.pathname !== "/token") return json(response, device("d"));
        authorizations.push(request.headers.authorization);
        const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
        forms.push(form);
        if (loseFirst && forms.length === 1) return response.destroy();
        const options = { keys, issuer: "client one", audience: url.href, maxLifetimeSeconds: 300, now };
        const verified = await verifyConsumerToken(form.get("client_assertion") ?? "", options).catch(
          () => null,
        );
        if (verified?.claims["sub"] === "client one")
          return json(response, { access_token: "issued", token_type: "Bearer", expires_in: 60 });
        const error = { error: "invalid_client", error_description: form.get("client_assertion") };
        return json(response, error, 401, { date: new Date(now()).toUTCString() });
      },
      (base) => ({
        authentication: [
          {
            scheme: "oauth2_client_credentials",
            token_url: `${base}/token`,
            token_endpoint_auth_methods: ["private_key_jwt"],
          },
        ],
      }),
    );
    const client = (privateKey = PEM) =>
      createVendorClient({
        baseUrl,
        credential: { clientId: "client one", privateKey, scope: "a b" },
        sleep: async () => {},
      });
    return { client, forms, authorizations };
  }

  test("requests a token with an assertion, and without a secret", async () => {
    const { client, forms, authorizations } = await assertionVendor();
    await client().device("d");
    expect(authorizations).toEqual([undefined]);
    expect(Object.fromEntries(forms[0] ?? [])).toMatchObject({
      grant_type: "client_credentials",
      scope: "a b",
      client_id: "client one",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    });
  });

  test("signs another assertion for each attempt", async () => {
    const { client, forms } = await assertionVendor({ loseFirst: true });
    await client().device("d");
    expect(new Set(forms.map((form) => claimsOf(form.get("client_assertion") ?? "").jti)).size).toBe(2);
  });

  test.each([3600, -3600])("follows a vendor's clock that differs by %s s", async (skewSeconds) => {
    const { client, forms } = await assertionVendor({ skewSeconds });
    expect((await client().device("d")).device_id).toBe("d");
    expect(forms).toHaveLength(2);
  });

  test("fails after one request if the key is refused, without the assertion in the error", async () => {
    const { client, forms } = await assertionVendor();
    const error = await failureOf(() => client(pem(ec)).device("d"), SECRETS);
    expect([error.code, forms.length]).toEqual(["token_refused", 1]);
    expect(error.message).not.toContain(forms[0]?.get("client_assertion"));
  });
});
