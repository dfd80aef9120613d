import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Campus,
  type CampusOptions,
  createCampus,
  createEstate,
} from "@convergint/example-vendor-cloud";
import { describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../harness/clock.ts";
import { formatNames } from "../report/formats.ts";
import type { Report } from "../report/report.ts";
import { reportCrash } from "./execute.ts";
import { findCanaries } from "./testing/canaries.ts";
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

/** A key pair: the public key for the campus, and the secret parts of the private key as PEM or as a JWK. */
function keyPair(privateKey: KeyObject, publicKey: KeyObject, form: "pem" | "jwk") {
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const jwk = privateKey.export({ format: "jwk" });
  const { d = "", p = "", q = "" } = jwk;
  return {
    text: form === "pem" ? pem : JSON.stringify({ ...jwk, kid: "of-the-jwk" }),
    publicKey: publicKey.export({ format: "pem", type: "spki" }).toString(),
    secrets: [...pem.split("\n").slice(2, -2), d, p, q].filter((part) => part.length >= 16),
  };
}
const rsa = () => generateKeyPairSync("rsa", { modulusLength: 2048 });

describe("a private key", () => {
  const { privateKey, publicKey } = rsa();
  const own = keyPair(privateKey, publicKey, "pem");
  const [next, second, withdrawn, production] = Array.from({ length: 4 }, () => {
    const pair = generateKeyPairSync("ed25519");
    return keyPair(pair.privateKey, pair.publicKey, "jwk");
  }) as [typeof own, typeof own, typeof own, typeof own];
  const [firstOrg, ...otherOrgs] = createEstate(11, new Date()).orgs.map(({ org_id }) => org_id);
  const first = { orgIds: firstOrg === undefined ? [] : [firstOrg] };
  const secrets = [own, next, second, withdrawn, production].flatMap((each) => each.secrets);

  /** Starts a vendor that only accepts signed tokens, and repeats each token in every answer. */
  async function signedCampus() {
    const tokens = new Set<string>();
    const target = await campus(
      {
        apiKeys: [],
        consumers: [
          {
            name: "first",
            keys: [
              { publicKey: own.publicKey, keyId: "key-1" },
              { publicKey: next.publicKey, keyId: "key-2" },
            ],
            ...first,
          },
          { name: "second", keys: [{ publicKey: second.publicKey, keyId: "of-the-jwk" }], orgIds: otherOrgs },
          {
            name: "production",
            keys: [{ publicKey: production.publicKey, keyId: "production" }],
            ...first,
            production: true,
          },
        ],
      },
      (app) => {
        app.addHook("onSend", async (request, reply, payload) => {
          const [, token] = /^Bearer (eyJ.+)$/.exec(request.headers.authorization ?? "") ?? [];
          if (token === undefined || typeof payload !== "string" || payload === "") return payload;
          tokens.add(token);
          // Only the fuzzer tests the headers of errors; in a body, ERR-002 would fail.
          if (reply.statusCode >= 400) {
            reply.header("x-debug", `invalid token ${token}.`);
            return payload;
          }
          const seen = Buffer.from(`seen ${token}`).toString("base64");
          return JSON.stringify({ ...JSON.parse(payload), seen });
        });
      },
    );
    const folder = await temporaryFolder();
    const file = async (name: string, { text }: typeof own) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const given = [
      ...["--private-key-file", await file("own.pem", own), "--key-id", "key-1"],
      ...["--next-private-key-file", await file("next.json", next), "--next-key-id", "key-2"],
      ...["--second-private-key-file", await file("second.json", second)],
      ...["--withdrawn-private-key-file", await file("withdrawn.json", withdrawn)],
      ...["--production-private-key-file", await file("production.json", production)],
      ...["--production-key-id", "production"],
    ];
    // The last part of a token is its signature. A sample of tokens is enough, because the suite treats all tokens in
    // the same way.
    const signatures = () =>
      [...tokens].map((token) => token.split(".")[2] ?? "").filter((each) => each !== "");
    const canaries = () => [...secrets, ...signatures().filter((_, index) => index % 4 === 0)];
    return { target, folder, given, canaries };
  }

  test("certifies a vendor that only accepts signed tokens, and shows no key and no token", async () => {
    const { target, folder, given, canaries } = await signedCampus();
    const outputs: Record<string, string> = {};
    const note = (name: string, { stdout, stderr }: { stdout: string; stderr: string }) => {
      outputs[name] = stdout + stderr;
    };
    const bundle = join(folder, "bundle.json");
    const reports = formatNames.flatMap((format) => ["--report", `${format}=${join(folder, format)}`]);
    const asKey = ["--target", target, ...given];
    const ran = await cli(
      "run",
      ...asKey,
      "--profile",
      "inventory",
      "--json",
      "--bundle",
      bundle,
      ...reports,
    );
    note("run", ran);
    const { conclusion, requirements } = JSON.parse(ran.stdout) as Report;
    const broken = requirements.filter(({ verdict }) => !/^(?:pass|not-applicable)$/.test(verdict));
    expect(broken.map(({ id, reason }) => `${id} ${reason}`)).toEqual([]);
    expect([ran.code, conclusion]).toEqual([0, "certified"]);
    for (const id of ["AUTH-001", "AUTH-003", "AUTH-006", "AUTH-012", "AUTH-021", "SEC-003", "SEC-006"])
      expect([id, verdictIn(ran.stdout, id)[0]]).toEqual([id, "pass"]);
    // The next key is of another kind than the current one, so tokens in its algorithm were judged too.
    expect(verdictIn(ran.stdout, "AUTH-009")[1]).toContain("The run had no key for ES256.");
    expect(await readFile(bundle, "utf8")).toContain("a signed token in EdDSA");
    const again = await cli("regrade", bundle, "--json");
    expect([again.code, again.stdout]).toEqual([0, ran.stdout]);
    note("compare", await cli("compare", bundle, bundle));
    note("config", await cli("run", ...asKey, "--print-config"));
    const mine = ["--target", target, ...given.slice(0, 4), ...given.slice(8, 10)];
    const fuzzed = await cli("fuzz", ...mine, "--max-calls", "60", "--seed", "1", "--json");
    // This vendor's errors repeat the token in a header, which only the fuzzer tests.
    expect([fuzzed.code, fuzzed.stdout]).toEqual([1, expect.stringContaining("ERR-002")]);
    note("fuzz", fuzzed);
    for (const name of [...formatNames, "bundle.json"])
      outputs[name] = await readFile(join(folder, name), "utf8");
    expect(canaries().length).toBeGreaterThan(secrets.length + 6);
    for (const [name, text] of Object.entries(outputs))
      expect([name, text.length > 0, findCanaries(text, canaries())]).toEqual([name, true, []]);
  });

  test("is watched in production with signed tokens, of which none is in a file", async () => {
    const { target, folder, given, canaries } = await signedCampus();
    const history = join(folder, "watch");
    const ended = await cli("watch", "--target", target, ...given.slice(0, 4), "--once", "--folder", history);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining("MET") });
    const written = await Promise.all(
      ["history.jsonl", "latest.json", "index.html"].map((name) => readFile(join(history, name), "utf8")),
    );
    expect(findCanaries([ended.stdout, ended.stderr, ...written].join("\n"), canaries())).toEqual([]);
  });

  test("may be in a variable with line ends as \\n, and the report then says what was not tested", async () => {
    const { target } = await signedCampus();
    const environment = {
      CONFORMANCE_PRIVATE_KEY: own.text.replaceAll("\n", "\\n"),
      CONFORMANCE_KEY_ID: "key-1",
    };
    const folder = await temporaryFolder();
    const only = ["--only", "AUTH-009", "--only", "AUTH-010", "--json"];
    const ended = await startIn({ folder, environment }, "run", "--target", target, ...only).ended;
    expect(verdictIn(ended.stdout, "AUTH-009")).toEqual(["pass", expect.stringContaining("no key for")]);
    expect(verdictIn(ended.stdout, "AUTH-010")).toEqual(["pass", null]);
    const { not_judged } = JSON.parse(ended.stdout) as Report;
    const reasonOf = (id: string) => not_judged.find((each) => each.id === id)?.reason;
    expect(reasonOf("AUTH-021")).toContain("--next-private-key-file and --next-key-id");
    expect(reasonOf("AUTH-006")).toContain("--withdrawn-private-key-file");
    expect(findCanaries(ended.stdout + ended.stderr, secrets)).toEqual([]);
  });

  test("that the vendor does not know ends the run with what to check", async () => {
    const { target, folder } = await signedCampus();
    await writeFile(join(folder, "unknown.json"), withdrawn.text);
    const ended = await cli("run", "--target", target, "--private-key-file", join(folder, "unknown.json"));
    expect([ended.code, ended.stdout]).toEqual([
      4,
      expect.stringMatching(
        /answered 401 to a token signed with the private key.*public key of --private-key-file/s,
      ),
    ]);
  });

  test.each<[string, string, string]>([
    ["a public key", own.publicKey, "This is a public key"],
    ["a damaged key", own.text.replace(/\n[^\n]{64}\n/, "\n"), "damaged"],
    ["a JWK without its private part", JSON.stringify({ kty: "OKP", crv: "Ed25519", x: "a" }), "public key"],
    ["something else", "hello", "neither PEM nor a JWK"],
  ])("given as %s: exits with 2, names the file and the fault, and shows no key", async (_, text, words) => {
    const file = join(await temporaryFolder(), "given.pem");
    await writeFile(file, text);
    const { code, stdout, stderr } = await cli(
      ...["run", "--target", "http://127.0.0.1:9", "--private-key-file", file],
    );
    expect([code, stderr]).toEqual([2, expect.stringContaining(`--private-key-file ${file}`)]);
    expect(stderr).toContain(words);
    expect(findCanaries(stdout + stderr, secrets)).toEqual([]);
  });

  test.each<[string, readonly string[], string]>([
    ["the key itself, not its file", ["--private-key-file", own.text], "takes the name of a file"],
    [
      "the key itself, with --print-config",
      ["--private-key-file", own.text, "--print-config"],
      "takes the name",
    ],
    ["a misspelled flag", [`--private-key-fil=${own.text}`], "unknown option"],
  ])("given as %s: exits with 2 and shows no key", async (_, args, words) => {
    const { code, stdout, stderr } = await cli("run", "--target", "http://127.0.0.1:9", ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect(findCanaries(stdout + stderr, secrets)).toEqual([]);
  });

  test("given in place of the consumer's public key: exits with 2 and shows no key", async () => {
    const file = join(await temporaryFolder(), "private.pem");
    await writeFile(file, own.text);
    const { code, stdout, stderr } = await cli(
      ...["inventory", "--inventory-port", "0", "--inventory-public-key-file", file],
    );
    expect([code, stderr]).toEqual([2, expect.stringContaining("private.pem is not a public key. Give PEM")]);
    expect(findCanaries(stdout + stderr, secrets)).toEqual([]);
  });

  test.each(["pem", "jwk"] as const)(
    "is not in the message of a crash that repeats the variable: %s",
    (form) => {
      const { text, secrets: parts } = keyPair(privateKey, publicKey, form);
      let written = "";
      const stderr = { write: (line: string) => (written += line) };
      const environment = { CONFORMANCE_PRIVATE_KEY: text };
      expect(reportCrash([], { environment, stderr }, new Error(`it is ${text.slice(40)}`))).toBe(5);
      expect([written, findCanaries(written, parts)]).toEqual([expect.stringContaining("it is "), []]);
    },
  );
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
  ["AUTH-010 without a private key", ["--api-key", "k", "--only", "AUTH-010"], "--private-key-file"],
  [
    "the id of a key without the key",
    ["--api-key", "k", "--key-id", "a"],
    "Give the key with --private-key-file",
  ],
  ["a private key that is not there", ["--private-key-file", "nowhere.pem"], "Cannot read the private key"],
])("%s: exits with 2 and advice", async (_, args, words) => {
  const ended = await cli("run", "--target", "http://127.0.0.1:9", ...args);
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(words)]);
});
