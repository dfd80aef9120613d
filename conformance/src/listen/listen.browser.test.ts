import { createHmac } from "node:crypto";
import { findChromium } from "@convergint/testing/chromium";
import { generateSecret, sign } from "@convergint/webhooks";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningCommand, spawnIn, start } from "../cli/testing/harness.ts";

const SECRET = generateSecret();
const event = (id: string, data: Readonly<Record<string, unknown>> = {}) => ({
  specversion: "1.0",
  id,
  source: "urn:vendor:org",
  type: "com.convergint.device.status_changed.v1",
  time: new Date().toISOString(),
  data: { org_id: "org", site_id: "hq", device_id: "cam-1", status: "offline", ...data },
});

const listening = (...args: string[]) =>
  whenListening(start("listen", "--port", "0", "--secret", SECRET, ...args));

async function whenListening(started: RunningCommand) {
  await started.waitFor("stderr", "Press Ctrl-C to stop.");
  const { stderr } = started.output;
  return {
    ...started,
    url: /Post webhooks to +(\S+)/.exec(stderr)?.[1] ?? "",
    view: /Live page at +(\S+)/.exec(stderr)?.[1] ?? "",
    async end() {
      started.interrupt();
      return started.ended;
    },
    printing: (text: string) => started.waitFor("stdout", text),
  };
}

interface Posted {
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

async function post(
  url: string,
  made: ReturnType<typeof event>,
  { headers, key = SECRET, signal, ...more }: Posted = {},
) {
  const body = more.body ?? JSON.stringify(made);
  const signed = await sign({ id: made.id, body, keys: key });
  return fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/cloudevents+json", ...signed, ...headers },
    body,
    ...(signal && { signal }),
  });
}

test("answers like a consumer and reports what is wrong with each delivery and how to fix it", async () => {
  const at = await whenListening(spawnIn({}, "listen", "--port", "0", "--secret", SECRET, "--no-view"));
  expect((await post(at.url, event("good"))).status).toBe(204);
  const hexOf = (body: string, seconds: string) =>
    createHmac("sha256", Buffer.from(SECRET.slice(6), "base64"))
      .update(`hex.${seconds}.${body}`)
      .digest("hex");
  const [body, seconds] = [JSON.stringify(event("hex")), String(Math.floor(Date.now() / 1000))];
  const hex = { "webhook-timestamp": seconds, "webhook-signature": `v1,${hexOf(body, seconds)}` };
  expect((await post(at.url, event("hex"), { body, headers: hex })).status).toBe(401);
  expect((await post(at.url, event("field", { status: 7 }))).status).toBe(400);
  expect((await post(at.url, event("type"), { headers: { "content-type": "text/plain" } })).status).toBe(415);
  expect((await post(at.url, event("ansi"), { body: "\u001b[31mnot JSON" })).status).toBe(400);
  expect((await fetch(at.url)).status).toBe(405);
  await at.printing("ansi");
  const { code, stdout, stderr } = await at.end();
  expect(code).toBe(0);
  expect(stdout).toMatch(/✗ signature .*\(SIG-001\)\n +cause .*\n.*\n +change .*base64/);
  expect(stdout).toMatch(/✗ event .*\n +\/data\/status: .*\(EVT-\d+\)/);
  expect(stdout).not.toContain("\u001b");
  expect(stdout + stderr).not.toContain(SECRET.slice(6));
  expect(stderr).toContain("5 deliveries, 1 valid; failed: SIG-001 once, EVT-002");
});

test("answers attempts by the script and compares retries", async () => {
  const at = await listening("--no-view", "--json", "--answer", "503:1,redirect,reset,hang");
  const [made, other] = [event("again"), event("other")];
  const first = await post(at.url, made);
  expect([first.status, first.headers.get("retry-after")]).toEqual([503, "1"]);
  const second = await post(at.url, made, { headers: { "webhook-timestamp": "1" } });
  expect(second.status).toBe(307);
  expect((await post(at.url, other)).status).toBe(503);
  await expect(post(at.url, made)).rejects.toThrow();
  await expect(post(at.url, made, { signal: AbortSignal.timeout(300) })).rejects.toThrow(/timeout/i);
  expect((await post(at.url, made)).status).toBe(204);
  const followed = await post(new URL(second.headers.get("location") ?? "", at.url).href, event("followed"));
  expect(followed.status).toBe(204);
  await at.printing('"followed"');
  const { stdout } = await at.end();
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ webhookId, attempt, answered }) => `${webhookId} ${attempt}: ${answered}`)).toEqual([
    "again 1: 503, Retry-After 1",
    "again 2: 307, must not be followed",
    "other 1: 503, Retry-After 1",
    "again 3: connection reset",
    "again 4: no response",
    "again 5: 204",
    "followed 1: 204",
  ]);
  expect(lines.at(-1).steps.at(-1)).toMatchObject({ outcome: "wrong", requirements: ["DLV-004"] });
});

test.each([
  [["--secret", "not-a-key-0123456789"], "whsec_"],
  [["--answer", "teapot"], "429:5"],
  [["--port", "70000"], "65535"],
])("rejects %j without repeating a secret", async (args, words) => {
  const { code, stderr } = await start("listen", ...args).ended;
  expect(code).toBe(2);
  expect(stderr).toContain(words);
  expect(stderr).not.toContain("not-a-key");
});

const executablePath = findChromium();
if (executablePath === undefined) {
  console.warn(
    "SKIPPED: the tests of the `listen` page need Chromium on the PATH (chromium, chromium-browser or google-chrome); for example, run `apt-get install chromium`.",
  );
}

describe.skipIf(executablePath === undefined)("in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());

  test.each([
    ["light", 1280],
    ["dark", 390],
  ] as const)(
    "%s, %i px: shows deliveries live, as text, without external requests",
    async (colorScheme, width) => {
      const at = await listening();
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
      const asked: string[] = [];
      page.on("request", (request) => asked.push(new URL(request.url()).origin));
      const complaints: string[] = [];
      page.on("console", (message) => complaints.push(message.text()));
      await page.goto(at.view);
      await page.getByText("No webhooks yet").waitFor();
      await post(at.url, event("good"));
      await post(at.url, event("bad", { status: "<img src=x onerror=alert(1)>".repeat(30) }), {
        key: generateSecret(),
      });
      await page.getByText("2 deliveries, 1 valid.").waitFor();
      expect(await page.locator("details").count()).toBe(2);
      // Wrong deliveries are expanded, valid ones collapsed.
      expect(await page.locator("details[open]").count()).toBe(1);
      await page.getByText("Cause and fix").waitFor();
      await page.locator("summary", { hasText: "valid" }).first().click();
      expect(await page.locator("details[open]").count()).toBe(2);
      expect(await page.locator("img").count()).toBe(0);
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      expect(await page.content()).not.toContain(SECRET.slice(6));
      expect(new Set(asked)).toEqual(new Set([new URL(at.view).origin]));
      expect(complaints).toEqual([]);
      if (process.env["LISTEN_SCREENSHOTS"]) {
        await page.screenshot({
          path: `${process.env["LISTEN_SCREENSHOTS"]}/listen-${colorScheme}.png`,
          fullPage: true,
        });
      }
      expect(await page.getByText(at.url).isVisible()).toBe(true);
      await page.getByRole("button", { name: "Hide these deliveries" }).click();
      await page.reload();
      await post(at.url, event("later"));
      await page.getByText("1 delivery, 1 valid.").waitFor();
      expect(await page.locator("details").count()).toBe(1);
      await page.close();
      await at.end();
    },
  );

  test("rejects a request with a foreign host name", async () => {
    const at = await listening();
    const { status } = await new Promise<{ status: number }>((resolve, reject) => {
      import("node:http").then(({ get }) =>
        get(at.view, { headers: { host: "attacker.example" } }, ({ statusCode = 0 }) =>
          resolve({ status: statusCode }),
        ).on("error", reject),
      );
    });
    expect(status).toBe(421);
    await at.end();
  });
});
