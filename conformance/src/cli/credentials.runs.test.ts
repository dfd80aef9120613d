import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Campus, type CampusOptions, createCampus } from "@convergint/example-vendor-cloud";
import { describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../harness/clock.ts";
import type { Report } from "../report/report.ts";
import {
  API_KEY,
  cli,
  expectCleanOutput,
  run,
  SMALL_CAMPUS,
  startIn,
  startVendor,
  temporaryFolder,
  virtualClock,
} from "./testing/harness.ts";

const CLIENT = { clientId: "client: one", clientSecret: "canary/client+secret & 0123456789" };
const EXPIRED = "canary-expired-0123456789";
const WITHDRAWN = "canary-withdrawn-0123456789";
const PRODUCTION = "canary-production-0123456789";
const ALL = { orgIds: "all" } as const;
/** Matches a part of the client secret in plain text, base64 or hex. */
const CANARY = /canary|Y2FuYXJ5|636[Ee]617279/;

const campus = (options: Partial<CampusOptions> = {}, prepare?: (app: Campus["app"]) => void) =>
  startVendor(
    createCampus({ seed: 11, apiKeys: [{ key: API_KEY, ...ALL }], ...SMALL_CAMPUS, ...options }),
    prepare,
  );

const asClient = ["--client-id", CLIENT.clientId, "--client-secret", CLIENT.clientSecret];
const runAsClient = (target: string, ...args: string[]) =>
  cli("run", "--target", target, ...asClient, "--profile", "health", ...args);

const oauthCampus = (
  accessTokenSeconds: number,
  prepare?: (app: Campus["app"]) => void,
  clock: Clock = virtualClock,
) => campus({ oauthClients: [{ ...CLIENT, ...ALL }], accessTokenSeconds, clock }, prepare);

const verdictIn = (stdout: string, id: string) => {
  const { requirements } = JSON.parse(stdout) as Report;
  const found = requirements.find((each) => each.id === id);
  return [found?.verdict, found?.reason];
};

describe("an OAuth 2 client", () => {
  test("certifies a vendor without an API key, renews its token, and shows no secret or token", async () => {
    const tokens: string[] = [];
    const target = await oauthCampus(4, (app) => {
      app.addHook("onSend", async (request, _reply, payload) => {
        if (typeof payload !== "string") return payload;
        if (request.url !== "/oauth/token") {
          // Echoes the request's credential in the response.
          const seen = JSON.stringify(request.headers.authorization ?? "");
          return payload.replaceAll('"type":"camera"', `"type":"camera","seen":${seen}`);
        }
        const body = JSON.parse(payload);
        if (body.access_token) tokens.push(body.access_token);
        return JSON.stringify({ ...body, seen: request.headers.authorization });
      });
    });
    const folder = await temporaryFolder();
    const [bundle, har] = [join(folder, "bundle.json"), join(folder, "run.har")];
    const ended = await runAsClient(target, "--bundle", bundle, "--report", `har=${har}`, "--json");
    expect(ended.code).toBe(0);
    for (const id of ["AUTH-004", "AUTH-005", "EVT-001"]) {
      expect([id, ...verdictIn(ended.stdout, id)]).toEqual([id, "pass", null]);
    }
    // One scenario requests three tokens, and the rest of the run needs at least two.
    expect(tokens.length).toBeGreaterThanOrEqual(3 + 2);
    const again = await cli("regrade", bundle, "--json");
    expect([again.code, again.stdout]).toEqual([0, ended.stdout]);
    for (const text of [
      ended.stdout,
      ended.stderr,
      await readFile(bundle, "utf8"),
      await readFile(har, "utf8"),
    ]) {
      expect(text).not.toMatch(CANARY);
      expect(tokens.filter((token) => text.includes(token))).toEqual([]);
    }
  });

  test("with tokens that last an hour: incomplete without an expired token, certified with one", async () => {
    const target = await oauthCampus(3600);
    const args = [...asClient, "--profile", "inventory", "--json"];
    const without = await run(target, ...args);
    expect(without.code).toBe(4);
    const [verdict, reason] = verdictIn(without.stdout, "AUTH-005");
    expect(verdict).toBe("could-not-run");
    expect(reason).toContain("did not wait until one expired");
    const ended = await run(target, ...args, "--expired-access-token", EXPIRED);
    expect([ended.code, verdictIn(ended.stdout, "AUTH-005")]).toEqual([0, ["pass", null]]);
    expectCleanOutput(ended);
    expect(ended.stdout + ended.stderr).not.toMatch(CANARY);
  });

  test("names the missing flag if the manifest declares OAuth 2", async () => {
    const ended = await run(await oauthCampus(3600), "--profile", "inventory", "--json");
    const { not_judged } = JSON.parse(ended.stdout) as Report;
    for (const id of ["AUTH-004", "AUTH-005"]) {
      expect(not_judged.find((each) => each.id === id)?.reason).toContain("--client-secret");
    }
  });

  test("with a wrong secret: incomplete, because either side may be wrong", async () => {
    const target = await oauthCampus(3600);
    const wrong = ["--client-id", CLIENT.clientId, "--client-secret", "canary-wrong-0123456789"];
    const ended = await cli("run", "--target", target, ...wrong);
    expect(ended.code).toBe(4);
    expect(ended.stdout).toContain("the vendor refused this run's client with 401 invalid_client");
    expect(ended.stdout).not.toMatch(CANARY);
  });

  test("without OAuth 2 in the manifest: incomplete, with advice", async () => {
    const ended = await runAsClient(await campus());
    expect(ended.code).toBe(4);
    expect(ended.stdout).toContain("needs oauth2_client_credentials, but the manifest does not declare it");
    expect(ended.stdout).not.toContain("see AUTH-004");
  });

  test("cleans up when interrupted", async () => {
    const target = await oauthCampus(4, undefined, systemClock);
    const { interrupt, ended, waitFor } = startIn(
      { clock: systemClock },
      ...["run", "--target", target, ...asClient],
    );
    await waitFor("stderr", "waiting up to");
    interrupt();
    expect((await ended).code).toBe(130);
    const login = [CLIENT.clientId, CLIENT.clientSecret].map((part) => encodeURIComponent(part)).join(":");
    const issued = await fetch(`${target}/oauth/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(login)}` },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
    });
    const { access_token } = (await issued.json()) as { access_token: string };
    const left = await fetch(`${target}/v1/webhook-endpoints`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    expect(await left.json()).toEqual({ data: [] });
  });

  test("shows the login as a curl command when the token endpoint fails", async () => {
    const target = await oauthCampus(3600, (app) => {
      app.addHook("onSend", async (request, reply, payload) => {
        if (request.url !== "/oauth/token") return payload;
        reply.code(500);
        return "{}";
      });
    });
    const ended = await run(target, ...asClient, "--profile", "inventory");
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('-u "$CONFORMANCE_CLIENT_ID:$CONFORMANCE_CLIENT_SECRET"');
    expect(ended.stdout).toContain("-d 'grant_type=client_credentials'");
  });
});

describe("a revoked key and a production key", () => {
  const given = ["--withdrawn-api-key", WITHDRAWN, "--production-api-key", PRODUCTION];
  const apiKeys = [
    { key: API_KEY, ...ALL },
    { key: PRODUCTION, ...ALL, production: true },
  ];

  test("are rejected by a certified vendor, never shown, and regraded with the same result", async () => {
    const target = await campus({ apiKeys, withdrawnKeys: [WITHDRAWN] });
    const bundle = join(await temporaryFolder(), "bundle.json");
    const ended = await run(target, ...given, "--json", "--bundle", bundle);
    expect(ended.code).toBe(0);
    for (const id of ["AUTH-006", "SBX-004"]) {
      expect([id, ...verdictIn(ended.stdout, id)]).toEqual([id, "pass", null]);
    }
    const again = await cli("regrade", bundle, "--json");
    expect([again.code, again.stdout]).toEqual([0, ended.stdout]);
    expect(ended.stdout + ended.stderr + (await readFile(bundle, "utf8"))).not.toMatch(CANARY);
  });

  test("are named by variable in the curl command", async () => {
    const target = await campus({
      apiKeys: [
        { key: API_KEY, ...ALL },
        { key: WITHDRAWN, ...ALL },
      ],
    });
    const ended = await run(target, ...given, "--only", "AUTH-006");
    expect(ended.stdout).toContain('-H "Authorization: Bearer $CONFORMANCE_WITHDRAWN_API_KEY"');
    expect(ended.stdout).not.toContain("CONFORMANCE_API_KEY");
    expect(ended.stdout + ended.stderr).not.toMatch(CANARY);
  });

  test("fail if they work, and every device is restored", async () => {
    const keys = [WITHDRAWN, PRODUCTION].map((key) => ({ key, ...ALL }));
    const target = await campus({ apiKeys: [{ key: API_KEY, ...ALL }, ...keys] });
    const statuses = async () => {
      const headers = { authorization: `Bearer ${API_KEY}` };
      const response = await fetch(`${target}/v1/devices?limit=1000`, { headers });
      const { data } = (await response.json()) as { data: { status: string; status_reason?: string }[] };
      return data.map(({ status, status_reason }) => [status, status_reason]);
    };
    const before = await statuses();
    const ended = await run(target, ...given, "--json");
    expect(ended.code).toBe(1);
    const { requirements } = JSON.parse(ended.stdout) as Report;
    const failed = requirements.filter(({ verdict }) => verdict === "fail");
    expect(failed.map(({ id }) => id)).toEqual(["AUTH-006", "SBX-004"]);
    expect(failed[0]?.failures[0]?.hint).toContain("whether a credential is still valid");
    expect(await statuses()).toEqual(before);
    for (const key of [API_KEY, WITHDRAWN, PRODUCTION]) {
      const headers = { authorization: `Bearer ${key}` };
      const left = await fetch(`${target}/v1/webhook-endpoints`, { headers });
      expect(await left.json()).toEqual({ data: [] });
    }
  });
});

test.each<[string, string[], string]>([
  ["neither key nor client", [], "--client-id"],
  ["a client without a secret", ["--client-id", "c"], "or neither"],
  ["a secret without a client", ["--api-key", "k", "--client-secret", "s"], "or neither"],
  ["one key in two places", ["--api-key", "k", "--withdrawn-api-key", "k"], "no longer works"],
  [
    "one key in two other places",
    ["--api-key", "k", "--withdrawn-api-key", "l", "--production-api-key", "l"],
    "of a production tenant",
  ],
  ["AUTH-004 without a client", ["--api-key", "k", "--only", "AUTH-004"], "--client-id"],
  ["AUTH-006 without such a key", ["--api-key", "k", "--only", "AUTH-006"], "--withdrawn-api-key"],
  ["SBX-004 without such a key", ["--api-key", "k", "--only", "SBX-004"], "--production-api-key"],
  ["SEC-008 without such a key", ["--api-key", "k", "--only", "SEC-008"], "--second-api-key"],
])("%s: exits with 2 and advice", async (_, args, words) => {
  const ended = await cli("run", "--target", "http://127.0.0.1:9", ...args);
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(words)]);
});
