import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createCampus, createEstate, type Send } from "@convergint/example-vendor-cloud";
import { generateSecret, sign } from "@convergint/webhooks";
import { describe, expect, test } from "vitest";
import { writeBundle } from "../bundle/bundle.ts";
import { checks } from "../checks/index.ts";
import { formatNames, formats } from "../report/formats.ts";
import { redactReport } from "../report/redact.ts";
import { createReport, type Report } from "../report/report.ts";
import { renderTerminal } from "../report/terminal.ts";
import { runSuite } from "../suite/run.ts";
import { findCanaries, LEAKS, leakInto } from "./testing/canaries.ts";
import {
  cli,
  SMALL_CAMPUS,
  serve,
  spawnIn,
  start,
  startVendor,
  temporaryFolder,
  virtualClock,
} from "./testing/harness.ts";

const KEY = "vk_live/aK9+Canary.key_4711";
const SECOND_KEY = "vk_live/bQ3+Canary.second_815";

/** Secrets that a vendor leaks and that the suite never received as credentials. */
const LEAKED = {
  cookie: "c0okie.of.the.session.Zx81",
  access: "t0ken.of.the.oauth.server.Qm",
  client: "cl1ent.of.the.oauth.server.Wv",
  database: "passw0rd-of-the-database-Ry",
  functions: "c0de-of-the-functions-app-Ub==",
  posted: "Be4rer-of-the-webhook-sender-Kd",
  json: `eyJ${Buffer.from("canary").toString("hex")}.eyJ${Buffer.from("of a token").toString("hex")}.s1gned`,
};

const careless = {
  access_token: LEAKED.access,
  clientSecret: LEAKED.client,
  trace: `at Server=postgres://app:${LEAKED.database}@db.vendor.example/app, id ${LEAKED.json}`,
  callback: `https://vendor.example/api/hook?code=${encodeURIComponent(LEAKED.functions)}&page=2`,
};

/** Starts a vendor that leaks every secret. @param isRight whether the vendor is otherwise conformant */
async function carelessVendor({ isRight }: { readonly isRight: boolean }) {
  const secrets: string[] = [];
  const [first, ...others] = createEstate(11, new Date()).orgs.map(({ org_id }) => org_id);
  const send: Send = (delivery, post) =>
    post({
      ...delivery,
      headers: {
        ...delivery.headers,
        authorization: `Bearer ${LEAKED.posted}`,
        "x-signed-with": secrets.join(" "),
      },
    });
  const campus = createCampus({
    seed: 11,
    ...SMALL_CAMPUS,
    send,
    apiKeys: [
      { key: KEY, orgIds: first === undefined ? [] : [first] },
      { key: SECOND_KEY, orgIds: others },
    ],
  });
  campus.app.addHook("onSend", async (request, reply, payload) => {
    reply.header("set-cookie", `session=${LEAKED.cookie}; Path=/`);
    reply.header("x-debug", leakInto(KEY));
    if (typeof payload !== "string" || payload === "") return payload;
    const body = JSON.parse(payload);
    if (typeof body.secret === "string") secrets.push(body.secret);
    if (reply.statusCode >= 400)
      return isRight ? payload : JSON.stringify({ ...body, detail: leakInto(KEY) });
    if (request.url.startsWith("/.well-known/")) return payload;
    if (!isRight && request.url.startsWith("/v1/devices")) {
      for (const device of body.data ?? []) device.type = leakInto(KEY);
    }
    // Leaking endpoint secrets in listings of endpoints would fail SEC-001.
    const known = request.url.startsWith("/v1/devices") ? secrets.map(leakInto) : [];
    return JSON.stringify({
      ...body,
      debug: { ...careless, keys: [leakInto(KEY), leakInto(SECOND_KEY)], known },
    });
  });
  const target = await startVendor(campus);
  return { target, canaries: () => [KEY, SECOND_KEY, ...Object.values(LEAKED), ...secrets] };
}

/** Runs a command with every report format and returns all outputs by name. */
async function collectOutputs(...args: string[]): Promise<Record<string, string>> {
  const folder = await temporaryFolder();
  const wanted = formatNames.flatMap((format) => ["--report", `${format}=${join(folder, format)}`]);
  const { stdout, stderr } = await cli(...args, ...wanted);
  const written = await Promise.all(
    formatNames.map(async (format) => [format, await readFile(join(folder, format), "utf8")] as const),
  );
  return { stdout, stderr, ...Object.fromEntries(written) };
}

function expectNoCanary(outputs: Readonly<Record<string, string>>, canaries: readonly string[]): void {
  for (const [name, text] of Object.entries(outputs)) {
    expect([name, text.length > 0], "output is not empty").toEqual([name, true]);
    expect([name, findCanaries(text, canaries)]).toEqual([name, []]);
  }
}

/** Profiles in which the run does not wait for retries. */
const SHORT = ["--profile", "health", "--profile", "events:access"];

const runArgs = (target: string) => [
  ...["run", "--target", target, "--api-key", KEY],
  ...["--second-api-key", SECOND_KEY],
];

test.each(Object.entries(LEAKS))("finds a canary in %s", (_, write) => {
  expect(findCanaries(`before ${write(KEY)} after`, [KEY, SECOND_KEY])).toEqual([KEY]);
});

describe("no secret is in the output of", () => {
  test("run and regrade, for a vendor that is not conformant", async () => {
    const { target, canaries } = await carelessVendor({ isRight: false });
    const bundle = join(await temporaryFolder(), "bundle.json");
    const ran = await collectOutputs(...runArgs(target), "--bundle", bundle);
    expect(ran["stdout"]).toContain("NOT CONFORMANT");
    expect(ran["stdout"]).toContain("[redacted]");
    // The secrets that the test searches for include those of at least two endpoints.
    expect(canaries().length).toBeGreaterThanOrEqual(2 + Object.keys(LEAKED).length + 2);
    expectNoCanary({ ...ran, bundle: await readFile(bundle, "utf8") }, canaries());
    expectNoCanary(await collectOutputs("regrade", bundle), canaries());
  });

  test("run, certify and verify, for a certified vendor", async () => {
    const { target, canaries } = await carelessVendor({ isRight: true });
    const folder = await temporaryFolder();
    const [bundle, key, certificate] = ["bundle", "key", "certificate"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const ran = await collectOutputs(...runArgs(target), ...SHORT, "--json", "--bundle", bundle);
    const report = JSON.parse(ran["stdout"] ?? "") as Report;
    const broken = report.requirements.filter(({ verdict }) => !/^(?:pass|not-applicable)$/.test(verdict));
    expect(broken.map(({ id, reason }) => `${id} ${reason}`)).toEqual([]);
    expect(report.conclusion).toBe("certified");
    const keygen = await cli("keygen", key);
    const [, privateKey = ""] = (await readFile(key, "utf8")).split("\n");
    const all = [...canaries(), privateKey];
    const certify = await cli("certify", bundle, "--key", key, "--out", certificate);
    const printed = await cli("certify", bundle, "--key", key);
    const verify = await cli("verify", certificate, "--bundle", bundle, "--public-key", `${key}.pub`);
    expect([certify.code, printed.code, verify.code]).toEqual([0, 0, 0]);
    const kept = { bundle: await readFile(bundle, "utf8"), certificate: await readFile(certificate, "utf8") };
    expectNoCanary({ ...ran, ...kept, printed: printed.stdout, verified: verify.stdout }, all);
    expect(findCanaries([keygen, certify, printed, verify].map(({ stderr }) => stderr).join(), all)).toEqual(
      [],
    );
    expect(findCanaries(keygen.stdout, all)).toEqual([]);
  });

  test("run receiver, for a consumer that repeats every secret", async () => {
    const [one, two, other] = [generateSecret(), generateSecret(), generateSecret()];
    const base = await serve((request, response) => {
      const said = [one, two, other, KEY].map(leakInto).join(" | ");
      request.resume().on("end", () => response.writeHead(400, { "x-debug": said }).end(said));
    });
    const bundle = join(await temporaryFolder(), "bundle.json");
    const canaries = [one, two, other, KEY, LEAKED.functions, LEAKED.access];
    const ran = await collectOutputs(
      ...["run", "receiver", "--url", `${base}/hooks?code=${encodeURIComponent(LEAKED.functions)}`],
      ...["--secret", one, "--secret", two, "--other-secret", other],
      ...["--status-url", `${base}/{device_id}?access_token=${LEAKED.access}`, "--status-token", KEY],
      ...["--bundle", bundle],
    );
    expect(ran["stdout"]).toContain("NOT CONFORMANT");
    expectNoCanary({ ...ran, bundle: await readFile(bundle, "utf8") }, canaries);
    expectNoCanary(await collectOutputs("regrade", bundle, "--json"), canaries);
  });

  test("a run that is interrupted", async () => {
    const { target, canaries } = await carelessVendor({ isRight: true });
    const folder = await temporaryFolder();
    const wanted = formatNames.flatMap((format) => ["--report", `${format}=${join(folder, format)}`]);
    const { interrupt, ended, waitFor } = start(
      ...runArgs(target),
      ...wanted,
      "--bundle",
      join(folder, "bundle"),
    );
    await waitFor("stderr", "waiting up to");
    interrupt();
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(130);
    const written = await Promise.all(
      [...formatNames, "bundle"].map(
        async (name) => [name, await readFile(join(folder, name), "utf8")] as const,
      ),
    );
    expectNoCanary({ stdout, stderr, ...Object.fromEntries(written) }, canaries());
  });

  test("a run with a check that crashes and repeats evidence", async () => {
    const { target, canaries } = await carelessVendor({ isRight: true });
    const run = await virtualClock.run(() =>
      runSuite({
        clock: virtualClock,
        target: new URL(target),
        credentials: { apiKey: KEY, secondApiKey: SECOND_KEY },
        profiles: ["health"],
        seed: 1,
        signal: new AbortController().signal,
        checks: checks.map((check) => ({
          ...check,
          judge: (evidence) => {
            throw new Error(JSON.stringify(evidence.endpoints?.created?.response));
          },
        })),
      }),
    );
    expect(run.conclusion).toBe("harness_error");
    const report = redactReport(createReport(run), run);
    const made = formatNames.map((format) => [format, formats[format](report, run)] as const);
    const shown = { terminal: renderTerminal(report, { color: false }), bundle: writeBundle(run) };
    expectNoCanary({ ...Object.fromEntries(made), ...shown }, canaries());
  });

  test("an unhandled rejection that repeats the command line", async () => {
    const broken = `setTimeout(() => Promise.reject(new Error(process.argv.join(" "))), 300)`;
    const { ended } = spawnIn(
      { environment: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(broken)}` } },
      ...["listen", "--port", "0", "--secret", `whsec_${Buffer.alloc(32, 7).toString("base64")}`],
    );
    const { code, stdout, stderr } = await ended;
    expect([code, stderr]).toEqual([5, expect.stringContaining("The suite itself failed: ")]);
    expect(stdout + stderr).not.toContain(Buffer.alloc(32, 7).toString("base64"));
  });

  test("a crash of the suite that repeats the command line", async () => {
    const broken = `Date.prototype.toISOString = () => { throw new Error(process.argv.join(" ") + process.env.CONFORMANCE_SECOND_API_KEY); }`;
    const { ended } = spawnIn(
      {
        environment: {
          NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(broken)}`,
          CONFORMANCE_SECOND_API_KEY: SECOND_KEY,
        },
      },
      ...["run", "--target", "http://127.0.0.1:9", "--api-key", KEY],
    );
    const { code, stdout, stderr } = await ended;
    expect([code, stderr]).toEqual([5, expect.stringContaining("The suite itself failed: ")]);
    expect(stderr).toContain("[redacted]");
    expect(findCanaries(stdout + stderr, [KEY, SECOND_KEY])).toEqual([]);
  });

  test.each([
    ["a misspelled flag", ["run", `--apikey=${KEY}`]],
    ["a URL without its scheme", ["run", "--target", `app:${KEY}@vendor.example`, "--api-key", "k"]],
    ["a key instead of a URL", ["run", "--target", KEY, "--api-key", KEY]],
    ["a secret in another format", ["run", "receiver", "--url", "http://127.0.0.1:9/", "--secret", KEY]],
    ["a key instead of a file name", ["certify", "b", "--key", `MC4CAQAwBQYDK2VwBCIEI${"aB3/".repeat(11)}`]],
    ["a secret instead of a report", ["run", "--target", "http://v", "--api-key", KEY, "--report", KEY]],
  ])("an error about %s", async (_, args) => {
    const { code, stdout, stderr } = await cli(...args);
    expect([code, stderr.length > 0]).toEqual([2, true]);
    expect(findCanaries(stdout + stderr, [KEY, "aB3/aB3/aB3/aB3/aB3/"])).toEqual([]);
  });

  test.each(["--json", "--no-view"])("listen %s, and its page", async (flag) => {
    const [secret, other] = [generateSecret(), generateSecret()];
    const { interrupt, ended, waitFor, output } = start(
      ...["listen", "--port", "0", "--secret", secret, "--secret", other, flag],
    );
    await waitFor("stderr", "Press Ctrl-C to stop.");
    const url = /Post webhooks to +(\S+)/.exec(output.stderr)?.[1] ?? "";
    const view = /Live page at +(\S+)/.exec(output.stderr)?.[1];
    const page = view === undefined ? null : await fetch(`${view}stream`);
    const body = JSON.stringify({ ...careless, secret: leakInto(secret), note: leakInto(other) });
    const posted = {
      ...(await sign({ id: "evt_canary", body, keys: generateSecret() })),
      "content-type": "application/cloudevents+json",
      authorization: `Bearer ${LEAKED.posted}`,
      cookie: `session=${LEAKED.cookie}`,
      "x-webhook-secret": LEAKED.client,
      "x-debug": leakInto(secret),
    };
    expect((await fetch(url, { method: "POST", headers: posted, body })).status).toBe(401);
    const { access, client, database, functions, json } = LEAKED;
    const canaries = [secret, other, LEAKED.posted, LEAKED.cookie, access, client, database, functions, json];
    if (page?.body) {
      const reader = page.body.pipeThrough(new TextDecoderStream()).getReader();
      let shown = "";
      while (!shown.includes("evt_canary")) {
        const { done, value = "" } = await reader.read();
        if (done) throw new Error(`the page ended: ${shown}`);
        shown += value;
      }
      expectNoCanary({ page: shown }, canaries);
    }
    interrupt();
    const { code, stdout, stderr } = await ended;
    expect([code, stdout.includes("evt_canary")]).toEqual([0, true]);
    expectNoCanary({ stdout, stderr }, canaries);
  });
});
