import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { devicePageSchema, EVENT_MEDIA_TYPE, problemSchema } from "@convergint/schemas";
import { findChromium } from "@convergint/testing/chromium";
import { sign } from "@convergint/webhooks";
import { build } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mockVendorCloud } from "./index.ts";
import { BROWSER_MOCKS } from "./testing/browser-mocks.ts";
import type { pageCalls } from "./testing/browser-page.ts";

type PageCalls = typeof pageCalls;

const executablePath = findChromium();
if (executablePath === undefined) {
  console.warn(
    "NOT TESTED: no Chromium on the PATH (chromium, chromium-browser or google-chrome) to run the mocks in a browser. Run: apt-get install chromium.",
  );
}

/** Bundles the page into one script. Fails if the page imports Node modules. */
async function bundledPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("testing/browser-page.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: ["@convergint/source"],
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

/** Serves the page on loopback, where browsers allow service workers without TLS. */
async function servePage() {
  const script = fileURLToPath(import.meta.resolve("msw/mockServiceWorker.js"));
  const files: Readonly<Record<string, readonly [type: string, content: string]>> = {
    "/": ["text/html", `<!doctype html><script type="module" src="/page.js"></script>`],
    "/page.js": ["text/javascript", await bundledPage()],
    "/mockServiceWorker.js": ["text/javascript", await readFile(script, "utf8")],
  };
  const server = createServer((request, response) => {
    const [type, content] = files[request.url ?? ""] ?? [];
    response.writeHead(type === undefined ? 404 : 200, { "content-type": type ?? "text/plain" }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => server.close().closeAllConnections(),
  };
}

describe.skipIf(executablePath === undefined)("in a browser", () => {
  let served: Awaited<ReturnType<typeof servePage>>;
  let browser: Browser;
  let page: Page;

  /** Calls a function of the page. */
  const inPage = <Name extends keyof PageCalls>(name: Name, ...parameters: Parameters<PageCalls[Name]>) =>
    page.evaluate(
      ({ name, parameters }) => {
        const { pageCalls } = globalThis as unknown as {
          pageCalls: Record<string, (...all: unknown[]) => unknown>;
        };
        return pageCalls[name]?.(...parameters);
      },
      { name, parameters },
    ) as Promise<Awaited<ReturnType<PageCalls[Name]>>>;

  beforeAll(async () => {
    served = await servePage();
    // Chromium's sandbox does not work for root, which is the user in most containers.
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    browser = await chromium.launch({ executablePath: String(executablePath), args });
    page = await browser.newPage();
    await page.goto(served.url);
    await inPage("start");
  });
  afterAll(async () => {
    await browser?.close();
    served?.close();
  });

  test("an application reads the same devices through the worker as in Node", async () => {
    const cloud = mockVendorCloud(BROWSER_MOCKS.cloud);
    const { status, body } = await inPage("call", "/v1/devices", `Bearer ${cloud.apiKey}`);
    expect(status).toBe(200);
    devicePageSchema.parse(body);
    expect(body).toMatchObject({ data: cloud.devices });
  });

  test("refusals are problems", async () => {
    const { status, type, body } = await inPage("call", "/v1/devices", "Bearer other");
    expect([status, type]).toEqual([401, "application/problem+json"]);
    expect(problemSchema.parse(body).code).toBe("unauthorized");
  });

  test("a broken response fails", async () => {
    expect(await inPage("callBroken")).toBe("TypeError");
  });

  test("accepts a signed delivery, and refuses it with a changed body", async () => {
    const event = await inPage("event");
    const body = JSON.stringify(event);
    const signed = await sign({ id: event.id, body, keys: BROWSER_MOCKS.consumer.secrets });
    const headers = { "content-type": EVENT_MEDIA_TYPE, ...signed };
    expect(await inPage("post", headers, body)).toEqual({ status: 204, verdict: "accepted", code: null });
    const changed = body.replace("offline", "online");
    expect(await inPage("post", headers, changed)).toEqual({
      status: 401,
      verdict: "refused",
      code: "wrong_signature",
    });
  });
});
