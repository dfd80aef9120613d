import { systemClock } from "@convergint/delivery";
import { manifestSchema } from "@convergint/schemas";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KEY, ORGS, type RunningCampus, startCampus } from "../testing/running-campus.ts";

const CLIENT = { clientId: "client: one", clientSecret: "s3cret/+ & must=not% show" };
const LIFETIME_SECONDS = 60;

const clock = { ...systemClock, offsetMs: 0, now: () => Date.now() + clock.offsetMs };
let campus: RunningCampus;
beforeAll(async () => {
  campus = await startCampus({
    oauthClients: [{ ...CLIENT, orgIds: [ORGS.university] }],
    accessTokenSeconds: LIFETIME_SECONDS,
    clock,
  });
});
afterAll(() => campus.close());

const encoded = (text: string) => new URLSearchParams({ "": text }).toString().slice(1);
const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString("base64")}`;

interface Asked {
  readonly authorization?: string;
  readonly form?: string;
  readonly type?: string;
}

async function askToken({
  authorization = basic(CLIENT.clientId, CLIENT.clientSecret),
  form = "grant_type=client_credentials",
  type = "application/x-www-form-urlencoded",
}: Asked = {}) {
  const headers = { "content-type": type, ...(authorization && { authorization }) };
  const response = await fetch(`${campus.baseUrl}/oauth/token`, { method: "POST", headers, body: form });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe("an access token", () => {
  it("is issued to a client, shows what the client may see, and is not cacheable", async () => {
    const { status, headers, body } = await askToken();
    expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[\w-]{43}$/),
      token_type: "Bearer",
      expires_in: 60,
    });
    expect(await campus.call("/v1/orgs", { key: body.access_token })).toMatchObject({
      status: 200,
      body: { data: [{ org_id: ORGS.university }] },
    });
  });

  it("works until it expires, then gets 401", async () => {
    const { access_token: key } = (await askToken()).body;
    clock.offsetMs = LIFETIME_SECONDS * 1000 - 5000;
    expect((await campus.call("/v1/orgs", { key })).status).toBe(200);
    clock.offsetMs = LIFETIME_SECONDS * 1000;
    expect(await campus.call("/v1/orgs", { key })).toMatchObject({
      status: 401,
      body: { code: "unauthorized" },
    });
    clock.offsetMs = 0;
  });

  it("that replaces another can use its endpoints and cursors", async () => {
    const [first, next] = [(await askToken()).body.access_token, (await askToken()).body.access_token];
    expect(next).not.toBe(first);
    const json = { url: "http://127.0.0.1:9/" };
    await campus.call("/v1/webhook-endpoints", { key: first, method: "POST", json });
    const listed = await campus.call("/v1/webhook-endpoints", { key: next });
    expect(listed.body).toMatchObject({ data: [{ url: json.url }] });
    const page = (await campus.call("/v1/devices?limit=5", { key: first })).body as { next_cursor: string };
    expect(await campus.call(`/v1/devices?cursor=${page.next_cursor}`, { key: next })).toMatchObject({
      status: 200,
    });
  });
});

it.each<[string, Asked, number, string]>([
  ["a wrong secret", { authorization: basic(CLIENT.clientId, "wrong") }, 401, "invalid_client"],
  ["an unknown client", { authorization: basic("stranger", CLIENT.clientSecret) }, 401, "invalid_client"],
  ["no credentials", { authorization: "" }, 401, "invalid_client"],
  [
    "a login that is not form-encoded",
    {
      authorization: `Basic ${Buffer.from(`${CLIENT.clientId}:${CLIENT.clientSecret}`).toString("base64")}`,
    },
    401,
    "invalid_client",
  ],
  ["credentials that are not base64", { authorization: "Basic ?" }, 401, "invalid_client"],
  ["an API key", { authorization: `Bearer ${KEY}` }, 401, "invalid_client"],
  ["another grant", { form: "grant_type=password" }, 400, "unsupported_grant_type"],
  ["no grant", { form: "" }, 400, "invalid_request"],
  ["JSON", { form: '{"grant_type":"client_credentials"}', type: "application/json" }, 400, "invalid_request"],
  ["another media type", { form: "?", type: "text/csv" }, 400, "invalid_request"],
])("a request with %s is answered with %d %s, and repeats nothing", async (_, asked, status, error) => {
  const answer = await askToken(asked);
  expect(answer).toMatchObject({ status, body: { error, error_description: expect.any(String) } });
  expect(answer.headers.has("www-authenticate")).toBe(status === 401);
  expect(JSON.stringify(answer.body)).not.toMatch(/s3cret|stranger|test-key/);
});

it("is declared and served only if there is a client", async () => {
  const manifest = manifestSchema.parse((await campus.call("/.well-known/vendor-cloud")).body);
  expect(manifest.authentication).toEqual([
    { scheme: "bearer" },
    { scheme: "oauth2_client_credentials", token_url: `${campus.baseUrl}/oauth/token` },
  ]);
  const plain = await startCampus();
  const bare = manifestSchema.parse((await plain.call("/.well-known/vendor-cloud")).body);
  expect(bare.authentication).toEqual([{ scheme: "bearer" }]);
  expect((await plain.call("/oauth/token", { method: "POST" })).status).toBe(404);
  await plain.close();
});
