import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, test, vi } from "vitest";
import type { Credential } from "./credential.ts";
import { failureOf } from "./testing/failure-of.ts";
import { device, json, startVendor } from "./testing/vendor.ts";
import { createVendorClient } from "./vendor-client.ts";

const CREDENTIAL = { clientId: "client: one", clientSecret: "s3cret/+ that & must=not% show" };

interface TokenRequest {
  readonly authorization: string | undefined;
  readonly form: URLSearchParams;
}

type TokenAnswer = (response: ServerResponse, n: number) => unknown;

const token = (n: number, expires_in: unknown = 3600) => ({
  access_token: `issued-${n}`,
  token_type: "bearer",
  expires_in,
});

/** A vendor that issues tokens; `accepts` decides which tokens the vendor accepts. */
async function oauthVendor({
  answer = (response, n) => json(response, token(n)),
  accepts = () => true,
}: {
  answer?: TokenAnswer;
  accepts?: (token: string) => boolean;
} = {}) {
  const requests: TokenRequest[] = [];
  const used: string[] = [];
  const issue = async (request: IncomingMessage, response: ServerResponse) => {
    const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    requests.push({ authorization: request.headers.authorization, form });
    return answer(response, requests.length);
  };
  const base = await startVendor(
    (request, response, url) => {
      if (url.pathname === "/oauth/token") return issue(request, response);
      const bearer = request.headers.authorization?.replace("Bearer ", "") ?? "";
      used.push(bearer);
      return accepts(bearer) ? json(response, device("d")) : json(response, {}, 401);
    },
    (at) => ({
      authentication: [
        { scheme: "bearer" },
        { scheme: "oauth2_client_credentials", token_url: `${at}/oauth/token` },
      ],
    }),
  );
  const client = (credential: Credential = CREDENTIAL) =>
    createVendorClient({ baseUrl: base, credential, timeoutSeconds: 2 });
  return { base, requests, used, client };
}

const SECRETS = [CREDENTIAL.clientSecret, encodeURIComponent(CREDENTIAL.clientSecret), "issued-"];

describe("an OAuth 2 client", () => {
  test("requests a token as in RFC 6749, and uses it", async () => {
    const { client, requests, used } = await oauthVendor();
    await client({ ...CREDENTIAL, scope: "inventory:read events:read" }).device("d");
    expect(used).toEqual(["issued-1"]);
    const [{ authorization = "", form } = {}] = requests;
    expect(form && Object.fromEntries(form)).toEqual({
      grant_type: "client_credentials",
      scope: "inventory:read events:read",
    });
    const [id, secret] = atob(authorization.replace("Basic ", "")).split(":");
    expect(id).toBe("client%3A+one");
    expect(new URLSearchParams(`secret=${secret}`).get("secret")).toBe(CREDENTIAL.clientSecret);
  });

  test("requests no scope by default", async () => {
    const { client, requests } = await oauthVendor();
    await client().device("d");
    expect(requests[0]?.form.has("scope")).toBe(false);
  });

  test("keeps its token, with one request for all waiting calls", async () => {
    const { client, requests, used } = await oauthVendor();
    const vendor = client();
    await Promise.all(Array.from({ length: 50 }, () => vendor.device("d")));
    await vendor.device("d");
    expect(requests).toHaveLength(1);
    expect(new Set(used)).toEqual(new Set(["issued-1"]));
  });

  test("renews its token shortly before it expires", async () => {
    const { client, used } = await oauthVendor();
    const vendor = client();
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      for (const seconds of [0, 3500, 3545]) {
        vi.setSystemTime(Date.parse("2026-11-23T08:30:00Z") + seconds * 1000);
        await vendor.device("d");
      }
    } finally {
      vi.useRealTimers();
    }
    expect(used).toEqual(["issued-1", "issued-1", "issued-2"]);
  });

  test("uses a token without a lifetime until it is refused", async () => {
    const { client, requests } = await oauthVendor({
      answer: (response, n) => json(response, token(n, null)),
    });
    const vendor = client();
    await vendor.device("d");
    await vendor.device("d");
    expect(requests).toHaveLength(1);
  });

  test("renews a refused token once for all calls that used it", async () => {
    let withdrawn = "";
    const { client, requests, used } = await oauthVendor({ accepts: (bearer) => bearer !== withdrawn });
    const vendor = client();
    await vendor.device("d");
    withdrawn = "issued-1";
    await Promise.all(Array.from({ length: 20 }, () => vendor.device("d")));
    expect(requests).toHaveLength(2);
    expect(used.filter((bearer) => bearer === "issued-2")).toHaveLength(20);
  });

  test("fails if the next token is refused too", async () => {
    const { client, requests, used } = await oauthVendor({ accepts: () => false });
    expect((await failureOf(() => client().device("d"), SECRETS)).code).toBe("unauthorized");
    expect([requests.length, used]).toEqual([2, ["issued-1", "issued-2"]]);
  });

  test("retries a failed token request", async () => {
    const { client } = await oauthVendor({
      answer: (response, n) =>
        n === 1 ? json(response, { error: "invalid_client" }, 401) : json(response, token(n)),
    });
    const vendor = client();
    expect((await failureOf(() => vendor.device("d"))).code).toBe("token_refused");
    expect((await vendor.device("d")).device_id).toBe("d");
  });

  test("retries a token request whose response was lost", async () => {
    const { client } = await oauthVendor({
      answer: (response, n) => (n === 1 ? response.destroy() : json(response, token(n))),
    });
    expect((await client().device("d")).device_id).toBe("d");
  });

  test("a call that stops waiting for a token does not cancel it for others", async () => {
    let issue: (() => void) | undefined;
    const { client, requests } = await oauthVendor({
      answer: (response, n) => {
        issue = () => json(response, token(n));
      },
    });
    const vendor = client();
    const abort = new AbortController();
    const ended = failureOf(() => vendor.device("d", { signal: abort.signal }), SECRETS);
    const other = vendor.device("d");
    await expect.poll(() => issue).toBeDefined();
    abort.abort();
    expect((await ended).code).toBe("aborted");
    issue?.();
    expect((await other).device_id).toBe("d");
    expect(requests).toHaveLength(1);
  });
});

describe("an invalid token", () => {
  test.each<[string, string, TokenAnswer, RegExp]>([
    [
      "wrong credentials",
      "token_refused",
      (response) => json(response, { error: "invalid_client", error_description: "Who?" }, 401),
      /401 \(invalid_client: Who\?\)/,
    ],
    [
      "a scope that is not granted",
      "token_refused",
      (response) => json(response, { error: "invalid_scope" }, 400),
      /invalid_scope/,
    ],
    ["another page", "token_refused", (response) => response.writeHead(404).end("<html>"), /404/],
    [
      "a redirect, which is not followed",
      "token_refused",
      (response) => response.writeHead(307, { location: "/oauth/token" }).end(),
      /307/,
    ],
    ["no JSON", "not_json", (response) => response.writeHead(200).end("issued-1"), /not JSON/],
    ["no token", "invalid_payload", (response) => json(response, {}), /\/access_token/],
    [
      "a token that no header can carry",
      "invalid_payload",
      (response) => json(response, { ...token(1), access_token: "issued-1\nHost: evil" }),
      /\/access_token/,
    ],
    [
      "another kind",
      "invalid_payload",
      (response) => json(response, { ...token(1), token_type: "mac" }),
      /\/token_type/,
    ],
    ["a lifetime as text", "invalid_payload", (response) => json(response, token(1, "3600")), /\/expires_in/],
  ])("%s", async (_, code, answer, words) => {
    const { client, used } = await oauthVendor({ answer });
    const error = await failureOf(() => client().device("d"), SECRETS);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(used).toEqual([]);
  });

  test("makes no request if the manifest does not declare the scheme", async () => {
    const base = await startVendor((_, response) => json(response, device("d")));
    const vendor = createVendorClient({ baseUrl: base, credential: CREDENTIAL });
    const error = await failureOf(() => vendor.device("d"), SECRETS);
    expect(error.code).toBe("not_offered");
    expect(error.message).toContain("oauth2_client_credentials");
  });
});
