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
import { SLIPS, singing, slippedIn } from "./testing/canaries.ts";
import { cli, serve, standing, start, startWith, temporaryFolder } from "./testing/world.ts";

const KEY = "vk_live/aK9+Canary.key_4711";
const SECOND_KEY = "vk_live/bQ3+Canary.second_815";

/** What nobody gave the suite, and a vendor lets slip by a place or a form that is a secret's. */
const SLIPPED = {
  cookie: "c0okie.of.the.session.Zx81",
  access: "t0ken.of.the.oauth.server.Qm",
  client: "cl1ent.of.the.oauth.server.Wv",
  database: "passw0rd-of-the-database-Ry",
  functions: "c0de-of-the-functions-app-Ub==",
  posted: "Be4rer-of-the-webhook-sender-Kd",
  json: `eyJ${Buffer.from("canary").toString("hex")}.eyJ${Buffer.from("of a token").toString("hex")}.s1gned`,
};

const careless = {
  access_token: SLIPPED.access,
  clientSecret: SLIPPED.client,
  trace: `at Server=postgres://app:${SLIPPED.database}@db.vendor.example/app, id ${SLIPPED.json}`,
  callback: `https://vendor.example/api/hook?code=${encodeURIComponent(SLIPPED.functions)}&page=2`,
};

/** A vendor that shows everybody every secret it has; what it does beside is right, or not. */
async function carelessVendor({ isRight }: { readonly isRight: boolean }) {
  const secrets: string[] = [];
  const [first, ...others] = createEstate(11, new Date()).orgs.map(({ org_id }) => org_id);
  const send: Send = (delivery, post) =>
    post({
      ...delivery,
      headers: {
        ...delivery.headers,
        authorization: `Bearer ${SLIPPED.posted}`,
        "x-signed-with": secrets.join(" "),
      },
    });
  const campus = createCampus({
    seed: 11,
    send,
    apiKeys: [
      { key: KEY, orgIds: first === undefined ? [] : [first] },
      { key: SECOND_KEY, orgIds: others },
    ],
  });
  campus.app.addHook("onSend", async (request, reply, payload) => {
    reply.header("set-cookie", `session=${SLIPPED.cookie}; Path=/`);
    reply.header("x-debug", slippedIn(KEY));
    if (typeof payload !== "string" || payload === "") return payload;
    const body = JSON.parse(payload);
    if (typeof body.secret === "string") secrets.push(body.secret);
    if (reply.statusCode >= 400)
      return isRight ? payload : JSON.stringify({ ...body, detail: slippedIn(KEY) });
    if (request.url.startsWith("/.well-known/")) return payload;
    if (!isRight && request.url.startsWith("/v1/devices")) {
      for (const device of body.data ?? []) device.type = slippedIn(KEY);
    }
    // Where endpoints are listed it would be SEC-001's matter.
    const known = request.url.startsWith("/v1/devices") ? secrets.map(slippedIn) : [];
    return JSON.stringify({
      ...body,
      debug: { ...careless, keys: [slippedIn(KEY), slippedIn(SECOND_KEY)], known },
    });
  });
  const target = await standing(campus);
  return { target, canaries: () => [KEY, SECOND_KEY, ...Object.values(SLIPPED), ...secrets] };
}

/** Runs a command with every report that there is; gives all that came out, by what it came as. */
async function everyOutputOf(...args: string[]): Promise<Record<string, string>> {
  const folder = await temporaryFolder();
  const wanted = formatNames.flatMap((format) => ["--report", `${format}=${join(folder, format)}`]);
  const { stdout, stderr } = await cli(...args, ...wanted);
  const written = await Promise.all(
    formatNames.map(async (format) => [format, await readFile(join(folder, format), "utf8")] as const),
  );
  return { stdout, stderr, ...Object.fromEntries(written) };
}

function expectSilence(outputs: Readonly<Record<string, string>>, canaries: readonly string[]): void {
  for (const [name, text] of Object.entries(outputs)) {
    expect([name, text.length > 0], "there is something to look at").toEqual([name, true]);
    expect([name, singing(text, canaries)]).toEqual([name, []]);
  }
}

/** What takes no waiting for retries. */
const SHORT = ["--profile", "health", "--profile", "events:access"];

const runArgs = (target: string) => [
  ...["run", "--target", target, "--api-key", KEY],
  ...["--second-api-key", SECOND_KEY],
];

test.each(Object.entries(SLIPS))("a canary is heard where it is written as %s", (_, write) => {
  expect(singing(`before ${write(KEY)} after`, [KEY, SECOND_KEY])).toEqual([KEY]);
});

describe("no secret is in anything that comes out of", () => {
  test("run and regrade, of a vendor that is not conformant", async () => {
    const { target, canaries } = await carelessVendor({ isRight: false });
    const bundle = join(await temporaryFolder(), "bundle.json");
    const ran = await everyOutputOf(...runArgs(target), "--bundle", bundle);
    expect(ran["stdout"]).toContain("NOT CONFORMANT");
    expect(ran["stdout"]).toContain("[redacted]");
    // The secrets of two endpoints among them.
    expect(canaries().length).toBeGreaterThanOrEqual(2 + Object.keys(SLIPPED).length + 2);
    expectSilence({ ...ran, bundle: await readFile(bundle, "utf8") }, canaries());
    expectSilence(await everyOutputOf("regrade", bundle), canaries());
  }, 120_000);

  test("run, certify and verify, of a vendor that is certified", async () => {
    const { target, canaries } = await carelessVendor({ isRight: true });
    const folder = await temporaryFolder();
    const [bundle, key, certificate] = ["bundle", "key", "certificate"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const ran = await everyOutputOf(...runArgs(target), ...SHORT, "--json", "--bundle", bundle);
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
    expectSilence({ ...ran, ...kept, printed: printed.stdout, verified: verify.stdout }, all);
    expect(singing([keygen, certify, printed, verify].map(({ stderr }) => stderr).join(), all)).toEqual([]);
    expect(singing(keygen.stdout, all)).toEqual([]);
  }, 120_000);

  test("run receiver, of a consumer that repeats what it has", async () => {
    const [one, two, other] = [generateSecret(), generateSecret(), generateSecret()];
    const base = await serve((request, response) => {
      const said = [one, two, other, KEY].map(slippedIn).join(" | ");
      request.resume().on("end", () => response.writeHead(400, { "x-debug": said }).end(said));
    });
    const bundle = join(await temporaryFolder(), "bundle.json");
    const canaries = [one, two, other, KEY, SLIPPED.functions, SLIPPED.access];
    const ran = await everyOutputOf(
      ...["run", "receiver", "--url", `${base}/hooks?code=${encodeURIComponent(SLIPPED.functions)}`],
      ...["--secret", one, "--secret", two, "--other-secret", other],
      ...["--status-url", `${base}/{device_id}?access_token=${SLIPPED.access}`, "--status-token", KEY],
      ...["--bundle", bundle],
    );
    expect(ran["stdout"]).toContain("NOT CONFORMANT");
    expectSilence({ ...ran, bundle: await readFile(bundle, "utf8") }, canaries);
    expectSilence(await everyOutputOf("regrade", bundle, "--json"), canaries);
  }, 120_000);

  test("a run that is interrupted", async () => {
    const { target, canaries } = await carelessVendor({ isRight: true });
    const folder = await temporaryFolder();
    const wanted = formatNames.flatMap((format) => ["--report", `${format}=${join(folder, format)}`]);
    const { child, ended, saying } = start(...runArgs(target), ...wanted, "--bundle", join(folder, "bundle"));
    await saying("waiting up to");
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(130);
    const written = await Promise.all(
      [...formatNames, "bundle"].map(
        async (name) => [name, await readFile(join(folder, name), "utf8")] as const,
      ),
    );
    expectSilence({ stdout, stderr, ...Object.fromEntries(written) }, canaries());
  }, 60_000);

  test("a run of which a check breaks, and says with what", async () => {
    const { target, canaries } = await carelessVendor({ isRight: true });
    const run = await runSuite({
      target: new URL(target),
      credentials: { apiKey: KEY, secondApiKey: SECOND_KEY },
      profiles: ["health"],
      seed: 1,
      signal: AbortSignal.timeout(60_000),
      checks: checks.map((check) => ({
        ...check,
        judge: (evidence) => {
          throw new Error(JSON.stringify(evidence.endpoints?.created.response));
        },
      })),
    });
    expect(run.conclusion).toBe("harness_error");
    const report = redactReport(createReport(run), run);
    const made = formatNames.map((format) => [format, formats[format](report, run)] as const);
    const shown = { terminal: renderTerminal(report, { color: false }), bundle: writeBundle(run) };
    expectSilence({ ...Object.fromEntries(made), ...shown }, canaries());
  }, 120_000);

  test("a promise that nobody awaited and that repeats the command line", async () => {
    const broken = `setTimeout(() => Promise.reject(new Error(process.argv.join(" "))), 300)`;
    const { ended } = startWith(
      { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(broken)}` },
      ...["listen", "--port", "0", "--secret", `whsec_${Buffer.alloc(32, 7).toString("base64")}`],
    );
    const { code, stdout, stderr } = await ended;
    expect([code, stderr]).toEqual([5, expect.stringContaining("The suite itself failed: ")]);
    expect(stdout + stderr).not.toContain(Buffer.alloc(32, 7).toString("base64"));
  });

  test("the suite itself when it breaks, and repeats its command line", async () => {
    const broken = `Date.prototype.toISOString = () => { throw new Error(process.argv.join(" ") + process.env.CONFORMANCE_SECOND_API_KEY); }`;
    const { ended } = startWith(
      {
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(broken)}`,
        CONFORMANCE_SECOND_API_KEY: SECOND_KEY,
      },
      ...["run", "--target", "http://127.0.0.1:9", "--api-key", KEY],
    );
    const { code, stdout, stderr } = await ended;
    expect([code, stderr]).toEqual([5, expect.stringContaining("The suite itself failed: ")]);
    expect(stderr).toContain("[redacted]");
    expect(singing(stdout + stderr, [KEY, SECOND_KEY])).toEqual([]);
  }, 30_000);

  test.each([
    ["a flag that is misspelt", ["run", `--apikey=${KEY}`]],
    ["a URL without its scheme", ["run", "--target", `app:${KEY}@vendor.example`, "--api-key", "k"]],
    ["a key where an URL belongs", ["run", "--target", KEY, "--api-key", KEY]],
    ["a secret of another vendor's", ["run", "receiver", "--url", "http://127.0.0.1:9/", "--secret", KEY]],
    ["a key that is given as a file", ["certify", "b", "--key", `MC4CAQAwBQYDK2VwBCIEI${"aB3/".repeat(11)}`]],
    ["a secret where a report belongs", ["run", "--target", "http://v", "--api-key", KEY, "--report", KEY]],
  ])(
    "a complaint about %s",
    async (_, args) => {
      const { code, stdout, stderr } = await cli(...args);
      expect([code, stderr.length > 0]).toEqual([2, true]);
      expect(singing(stdout + stderr, [KEY, "aB3/aB3/aB3/aB3/aB3/"])).toEqual([]);
    },
    30_000,
  );

  test.each(["--json", "--no-view"])(
    "listen %s, and its page",
    async (flag) => {
      const [secret, other] = [generateSecret(), generateSecret()];
      const { child, ended, saying, output } = start(
        ...["listen", "--port", "0", "--secret", secret, "--secret", other, flag],
      );
      await saying("Ctrl-C ends it.");
      const url = /Post webhooks to +(\S+)/.exec(output.stderr)?.[1] ?? "";
      const view = /See them also at +(\S+)/.exec(output.stderr)?.[1];
      const page = view === undefined ? null : await fetch(`${view}deliveries`);
      const body = JSON.stringify({ ...careless, secret: slippedIn(secret), note: slippedIn(other) });
      const posted = {
        ...(await sign({ id: "evt_canary", body, keys: generateSecret() })),
        "content-type": "application/cloudevents+json",
        authorization: `Bearer ${SLIPPED.posted}`,
        cookie: `session=${SLIPPED.cookie}`,
        "x-webhook-secret": SLIPPED.client,
        "x-debug": slippedIn(secret),
      };
      expect((await fetch(url, { method: "POST", headers: posted, body })).status).toBe(401);
      const { access, client, database, functions, json } = SLIPPED;
      const canaries = [
        secret,
        other,
        SLIPPED.posted,
        SLIPPED.cookie,
        access,
        client,
        database,
        functions,
        json,
      ];
      if (page?.body) {
        const reader = page.body.pipeThrough(new TextDecoderStream()).getReader();
        let shown = "";
        while (!shown.includes("evt_canary")) shown += (await reader.read()).value ?? "";
        expectSilence({ page: shown }, canaries);
      }
      child.kill("SIGINT");
      const { code, stdout, stderr } = await ended;
      expect([code, stdout.includes("evt_canary")]).toEqual([0, true]);
      expectSilence({ stdout, stderr }, canaries);
    },
    30_000,
  );
});
