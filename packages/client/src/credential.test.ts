import { type AddressInfo, createServer } from "node:net";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { basicAuthorization, type Credential } from "./credential.ts";
import { failureOf } from "./testing/failure-of.ts";
import { type Answers, json, manifestAt, startVendor } from "./testing/vendor.ts";
import { createVendorClient, type VendorClientOptions } from "./vendor-client.ts";

const API_KEY = "key-that-must-not-show";
const TOKEN = "token-that-must-not-show";
/** The rest of the client secret that would remain if the client id inside the secret were removed first. */
const TAIL = '"that" must/not\\show';
const CLIENT = { clientId: "id-that-must-not-show", clientSecret: `id-that-must-not-show ${TAIL}` };
const SECRETS = [
  API_KEY,
  TOKEN,
  CLIENT.clientId,
  TAIL,
  CLIENT.clientSecret,
  JSON.stringify(CLIENT.clientSecret).slice(1, -1),
  new URLSearchParams([["", CLIENT.clientSecret]]).toString().slice(1),
  basicAuthorization(CLIENT).slice("Basic ".length),
];

const OAUTH = (base: string) => ({
  authentication: [{ scheme: "oauth2_client_credentials", token_url: `${base}/oauth/token` }],
});

/** Issues a token and answers every other call with `answer`. */
const issuing =
  (answers: Answers): Answers =>
  (request, response, url) =>
    url.pathname === "/oauth/token"
      ? json(response, { access_token: TOKEN, token_type: "Bearer", expires_in: 60 })
      : answers(request, response, url);

describe.each<[string, Credential]>([
  ["an API key", { apiKey: API_KEY }],
  ["a client's id, secret and token", CLIENT],
])("%s shows in no error", (_, credential) => {
  const calling = async (answers: Answers) => {
    const baseUrl = await startVendor(issuing(answers), OAUTH);
    return createVendorClient({ baseUrl, credential, timeoutSeconds: 1 });
  };
  const own = "apiKey" in credential ? [API_KEY] : SECRETS.slice(1);
  /** All secrets that the vendor received and might quote. */
  const sent = own.join(" ");

  test("of a vendor that quotes it in its problem", async () => {
    const problem = {
      title: `Bad ${sent}`,
      status: 401,
      detail: `No key ${sent}.`,
      code: "bad_key",
      [sent]: [sent],
    };
    const client = await calling((_request, response) => json(response, problem, 401));
    const error = await failureOf(() => client.device("d"), own);
    expect(error.code).toBe("unauthorized");
    expect(error.message).toContain("No key [redacted]");
  });

  test.each([
    ["as a page of text", 500],
    ["where JSON was due", 200],
  ])("of a vendor that quotes the request, %s", async (_how, status) => {
    const client = await calling(({ headers }, response) =>
      response.writeHead(status).end(String(headers.authorization?.replace("Bearer ", ""))),
    );
    const error = await failureOf(() => client.device("d"), SECRETS);
    // A JSON parser's error quotes the text that it cannot parse, so that error must not become the cause.
    expect(error.cause).toBeUndefined();
  });

  test("of a server that does not speak HTTP and echoes its input", async () => {
    const echo = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void echo.close());
    const api_base = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
    const baseUrl = await startVendor(
      issuing(() => {}),
      (base) => ({ ...OAUTH(base), api_base }),
    );
    const client = createVendorClient({ baseUrl, credential, timeoutSeconds: 1 });
    expect((await failureOf(() => client.device("d"), SECRETS)).code).toBe("unreachable");
  });

  test("not in the client object itself after use", async () => {
    const client = await calling((_request, response) => json(response, {}, 404));
    await failureOf(() => client.device("d"), SECRETS);
    const written = inspect(client, { depth: 9, showHidden: true });
    for (const secret of SECRETS) expect(written).not.toContain(secret);
  });
});

test("not in the error of a refused token request", async () => {
  const refusal = { error: `bad ${SECRETS.join(" ")}`, error_description: SECRETS.slice(2).join(" ") };
  const baseUrl = await startVendor((_, response) => json(response, refusal, 401), OAUTH);
  const client = createVendorClient({ baseUrl, credential: CLIENT });
  expect((await failureOf(() => client.device("d"), SECRETS.slice(2))).code).toBe("token_refused");
});

describe("an invalid option", () => {
  test.each<[string, Credential]>([
    ["a key with a line end", { apiKey: `${API_KEY}\nsecond line` }],
    ["no key", {} as Credential],
    ["an empty key", { apiKey: "" }],
    ["an id with a line end", { clientId: `${API_KEY}\n`, clientSecret: API_KEY }],
    ["an empty secret", { clientId: API_KEY, clientSecret: "" }],
    ["a scope with a line end", { clientId: API_KEY, clientSecret: API_KEY, scope: `${API_KEY}\n` }],
  ])("%s", async (_, credential) => {
    const error = await failureOf(
      async () => createVendorClient({ baseUrl: "http://127.0.0.1:9", credential }),
      [API_KEY],
    );
    expect(error.code).toBe("invalid_option");
  });

  test.each([
    ["with a password in it", `http://user:${API_KEY}@127.0.0.1:9`],
    ["that is invalid", "campus.example"],
    ["of another scheme", "ftp://campus.example"],
  ])("a base URL %s", async (_, baseUrl) => {
    const error = await failureOf(
      async () => createVendorClient({ baseUrl, credential: { apiKey: "k" } }),
      [API_KEY],
    );
    expect(error.code).toBe("invalid_option");
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("a timeout of %s s", async (timeoutSeconds) => {
    const options = { baseUrl: "http://127.0.0.1:9", credential: { apiKey: "k" }, timeoutSeconds };
    expect((await failureOf(async () => createVendorClient(options))).code).toBe("invalid_option");
  });
});

describe("a manifest that would leak the credential", () => {
  const withPassword = (url: string) => url.replace("://", `://user:${API_KEY}@`);
  test.each<[string, Credential, (base: string) => object]>([
    ["an api_base with a password in it", { apiKey: "k" }, (base) => ({ api_base: withPassword(base) })],
    [
      "a token_url with a password in it",
      CLIENT,
      (base) => ({
        authentication: [
          { scheme: "oauth2_client_credentials", token_url: withPassword(`${base}/oauth/token`) },
        ],
      }),
    ],
  ])("by %s", async (_, credential, manifest) => {
    const called: string[] = [];
    const baseUrl = await startVendor((__, response, url) => {
      called.push(url.pathname);
      json(response, {});
    }, manifest);
    const client = createVendorClient({ baseUrl, credential });
    expect((await failureOf(() => client.device("d"), SECRETS)).code).toBe("invalid_payload");
    expect(called).toEqual([]);
  });

  const HTTPS = "https://cloud.vendor.co.uk";
  const tokenAt = (token_url: string) => ({
    authentication: [{ scheme: "oauth2_client_credentials", token_url }],
  });
  const KEY = { apiKey: API_KEY };
  /** Calls a vendor whose manifest has these members. @returns the error, and the URLs that were called */
  async function callVendor(
    credential: Credential,
    manifest: object,
    options: Partial<VendorClientOptions> = {},
  ) {
    const called: string[] = [];
    const client = createVendorClient({
      baseUrl: HTTPS,
      credential,
      ...options,
      fetch: async (input) => {
        called.push(new Request(input).url);
        return called.length === 1
          ? Response.json({ ...manifestAt(HTTPS), ...manifest })
          : new Response("", { status: 404 });
      },
    });
    const error = await failureOf(() => client.device("d"), SECRETS);
    return { error, called: called.slice(1) };
  }

  test.each<[string, Credential, object]>([
    [
      "an http api_base in a manifest that came over https",
      KEY,
      { api_base: HTTPS.replace("https", "http") },
    ],
    ["an http token_url", CLIENT, tokenAt(`${HTTPS.replace("https", "http")}/token`)],
    ["an api_base with a query", KEY, { api_base: `${HTTPS}/latest/meta-data/?x=` }],
    ["an api_base with an empty query", KEY, { api_base: `${HTTPS}/?` }],
    ["an api_base with a fragment", KEY, { api_base: `${HTTPS}/internal#` }],
    ["a token_url with a fragment", CLIENT, tokenAt(`${HTTPS}/token#x`)],
  ])("by %s", async (_, credential, manifest) => {
    const { error, called } = await callVendor(credential, manifest);
    expect(error.code).toBe("invalid_payload");
    expect(called).toEqual([]);
  });

  test.each<[string, Credential, object]>([
    ["api_base on another domain", KEY, { api_base: "https://api.example.net" }],
    ["api_base on another domain of the same suffix", KEY, { api_base: "https://other.co.uk" }],
    ["api_base on an internal host", KEY, { api_base: "https://169.254.169.254/latest" }],
    ["token_url on another domain", CLIENT, tokenAt("https://login.example.net/token")],
  ])("an %s is called only if its host is allowed", async (_, credential, manifest) => {
    const { error, called } = await callVendor(credential, manifest, { allowHosts: ["cloud.example.net"] });
    const [host = ""] = /(?<=https:\/\/)[^/"]+/.exec(JSON.stringify(manifest)) ?? [];
    expect(error.code).toBe("destination_refused");
    expect(error.message).toContain(`--allow-host ${host}`);
    expect(called).toEqual([]);
    const allowed = await callVendor(credential, manifest, { allowHosts: [host.toUpperCase()] });
    expect(allowed.error.code).not.toBe("destination_refused");
    expect(allowed.called).toHaveLength(1);
  });

  test("but not by another host of the same registrable domain", async () => {
    const { error, called } = await callVendor(KEY, { api_base: "https://api.eu.vendor.co.uk/v" });
    expect(error.code).toBe("not_found");
    expect(called).toEqual(["https://api.eu.vendor.co.uk/v/v1/devices/d"]);
  });

  test("the refusal of a guarded fetch keeps its code and its advice, and is not retried", async () => {
    let calls = 0;
    const refusal = Object.assign(new Error("Requests to 10.0.0.1 are refused."), {
      code: "destination_refused",
    });
    const client = createVendorClient({
      baseUrl: HTTPS,
      credential: KEY,
      fetch: async () => {
        calls += 1;
        throw new TypeError("fetch failed", { cause: refusal });
      },
    });
    const error = await failureOf(() => client.device("d"), SECRETS);
    expect(error).toMatchObject({ code: "destination_refused", message: refusal.message });
    expect(calls).toBe(1);
  });
});
