import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCampus, type Send } from "@convergint/example-vendor-cloud";
import { findChromium } from "@convergint/testing/chromium";
import { generateSecret } from "@convergint/webhooks";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readBundle } from "../bundle/bundle.ts";
import { API_KEY, cli, serve, startVendor, temporaryFolder } from "../cli/testing/harness.ts";
import { systemClock } from "../harness/clock.ts";
import { startDev } from "./start.ts";

/** A folder for the pictures of the documentation; `pnpm screenshots` sets it. */
const PICTURES = process.env["BENCH_SCREENSHOTS"];
const executablePath = findChromium();
if (executablePath === undefined) {
  console.warn(
    "SKIPPED: the test of the `dev` page needs Chromium on the PATH (chromium, chromium-browser or google-chrome); for example, run `apt-get install chromium`.",
  );
}

/** Gives the explanation of a signature all the time that a busy machine needs. */
const PATIENT = {
  now: () => 0,
  sleep: (_: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve())),
};

/** Starts a vendor whose signatures are hexadecimal until they are repaired. */
async function startBuggyVendor() {
  let isRepaired = false;
  const toHex = (signature = "") =>
    `v1,${Buffer.from(signature.split(" ")[0]?.slice("v1,".length) ?? "", "base64").toString("hex")}`;
  const send: Send = (delivery, post) => {
    const signature = delivery.headers["webhook-signature"];
    return post(
      isRepaired
        ? delivery
        : { ...delivery, headers: { ...delivery.headers, "webhook-signature": toHex(signature) } },
    );
  };
  const campus = createCampus({
    ...{ seed: 7, maxBuildings: 1, maxChildren: 1, send },
    ...{ apiKeys: [{ key: API_KEY, orgIds: "all" }], retryScheduleSeconds: [5, 5, 5] },
  });
  const secrets: string[] = [];
  campus.app.addHook("onSend", async (request, _reply, payload) => {
    if (request.method === "POST" && request.url === "/v1/webhook-endpoints")
      secrets.push(JSON.parse(String(payload)).secret);
  });
  return {
    target: await startVendor(campus),
    secrets,
    repair() {
      isRepaired = true;
    },
  };
}

/** Starts the developer's own service, which keeps what it gets. */
async function startService() {
  const got: {
    readonly id: unknown;
    readonly timestamp: unknown;
    readonly signature: unknown;
    readonly body: string;
  }[] = [];
  const url = await serve((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature,
      } = request.headers;
      got.push({ id, timestamp, signature, body });
      response.writeHead(202).end("taken by my service");
    });
  });
  return { url, got };
}

const chip = (page: Page, id: string, state: string) => page.locator(`[data-row="${id}"].${state}`);

/** Takes a picture for the documentation. */
async function picture(
  page: Page,
  name: string,
  { colorScheme, width }: { readonly colorScheme: "light" | "dark"; readonly width: number },
): Promise<void> {
  if (PICTURES === undefined) return;
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width, height: 900 });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  await page.setViewportSize({ width: 1280, height: 900 });
}

describe.skipIf(executablePath === undefined)("in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());

  test("explains a wrong signature, judges a triggered outage, forwards, replays and saves a bundle", {
    timeout: 120_000,
  }, async () => {
    const vendor = await startBuggyVendor();
    const service = await startService();
    const interruption = new AbortController();
    const { url: view, ended } = await startDev({
      ...{ target: new URL(vendor.target), credentials: { apiKey: API_KEY }, forwardTo: service.url },
      ...{ seed: 1, clock: systemClock, signal: interruption.signal, pollSeconds: 1, port: 0 },
      ...{ byHand: false, secret: generateSecret(), explainerClock: PATIENT },
    });
    const page = await browser.newPage({ viewport: { width: 390, height: 900 }, colorScheme: "dark" });
    const complaints: string[] = [];
    const asked = new Set<string>();
    page.on("console", (message) => complaints.push(message.text()));
    page.on("request", (request) => asked.add(new URL(request.url()).origin));
    await page.goto(view);
    // The requirements of the inventory are judged at once, those of webhooks wait.
    await chip(page, "PAGE-001", "pass").waitFor();
    await chip(page, "SIG-001", "waiting").waitFor();
    await page.getByText("registered at the vendor").waitFor();

    await page.getByRole("button", { name: "Take a device offline" }).click();
    await chip(page, "SIG-001", "fail").waitFor();
    await page.locator("#deliveries").getByText("Cause and fix").first().waitFor();
    expect(await page.locator("#deliveries .cause").first().textContent()).toMatch(/hex[\s\S]*base64/);
    await page
      .locator("#details .row.fail", { hasText: "SIG-001" })
      .getByText(/base64/)
      .first()
      .waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await page.setViewportSize({ width: 1280, height: 900 });
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await picture(page, "bench-wrong-signature", { colorScheme: "light", width: 1280 });

    vendor.repair();
    await page.getByRole("button", { name: "Restore (1)" }).click();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByText("No webhooks yet.").waitFor();
    await page.locator("#fault").selectOption("500");
    await page.getByText("Answering 500").waitFor();
    await page.getByRole("button", { name: "Take a device offline" }).click();
    for (const id of ["DLV-002", "DLV-003", "SIG-001"]) await chip(page, id, "pass").waitFor();
    await chip(page, "EVT-001", "pass").waitFor();
    await page.locator("#fault").selectOption("");
    await page.getByRole("button", { name: "Restore (1)" }).click();
    await picture(page, "bench-outage", { colorScheme: "dark", width: 1280 });
    await picture(page, "bench-phone", { colorScheme: "light", width: 390 });

    await page.getByText("your service 202").first().waitFor();
    const delivery = page.locator("#deliveries details").first();
    if (!(await delivery.evaluate("(each) => each.open"))) await delivery.locator("summary").click();
    const before = service.got.length;
    await delivery.getByRole("button", { name: "Replay", exact: true }).click();
    await delivery.getByText(/^Replayed to your service: 202/).waitFor();
    // Within one second, signing again gives the same signature.
    const sentAt = Number(service.got[before]?.timestamp);
    await expect.poll(() => Math.floor(Date.now() / 1000)).toBeGreaterThan(sentAt);
    await delivery.getByRole("button", { name: "Replay, signed now" }).click();
    await delivery.getByText(/^Replayed, signed now, to your service: 202/).waitFor();
    const [replayed, signedNow] = service.got.slice(before);
    expect(service.got.slice(0, before)).toContainEqual(replayed);
    expect(signedNow).toMatchObject({ id: replayed?.id, body: replayed?.body });
    expect(signedNow?.signature).not.toBe(replayed?.signature);

    await page.getByLabel("Filter").fill("DLV-002");
    expect(await page.locator(".chip").count()).toBe(1);
    await chip(page, "DLV-002", "pass").press("Enter");
    await page.locator("#details .row.pass", { hasText: "DLV-002 passes" }).waitFor();

    const saved = await (await fetch(`${view}bundle`)).text();
    const file = join(await temporaryFolder(), "bench.json");
    await writeFile(file, saved);
    const { only, record } = readBundle(Buffer.from(saved)).recorded;
    expect(only).toContain("DLV-002");
    expect(record.parts.observation?.endpoints[0]?.deliveries.length).toBeGreaterThan(2);
    const regraded = await cli("regrade", file);
    expect(regraded.stderr).toContain("same verdicts");
    // A bundle of the bench never certifies.
    expect([1, 4]).toContain(regraded.code);

    const seen = (await page.content()) + saved;
    expect(vendor.secrets.length).toBe(1);
    expect([API_KEY, ...vendor.secrets].filter((secret) => seen.includes(secret))).toEqual([]);
    expect(asked).toEqual(new Set([new URL(view).origin]));
    expect(complaints).toEqual([]);
    // Other programs of this machine do not know the address.
    expect((await fetch(new URL("/", view))).status).toBe(404);
    const foreign = { method: "POST", headers: { origin: "http://attacker.example" }, body: "{}" };
    expect((await fetch(`${view}clear`, foreign)).status).toBe(404);

    interruption.abort();
    expect(await ended).toEqual([]);
    const authorization = `Bearer ${API_KEY}`;
    const endpoints = await fetch(new URL("/v1/webhook-endpoints", vendor.target), {
      headers: { authorization },
    });
    expect(await endpoints.json()).toMatchObject({ data: [] });
  });
});
