import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findChromium } from "@convergint/testing/chromium";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ENTRIES } from "./contents.ts";
import { buildSite } from "./site/build-site.ts";

const ROOT = new URL("../", import.meta.url);
const SPEC = new URL("spec/", ROOT);
const folder = await mkdtemp(join(tmpdir(), "site-"));
const site = pathToFileURL(`${folder}/`);
afterAll(() => rm(folder, { recursive: true }));
await buildSite(ROOT, site);

const files = new Set(
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)),
);
const pages = new Map<string, string>();
for (const file of [...files].filter((name) => name.endsWith(".html")).toSorted())
  pages.set(file, await readFile(new URL(file, site), "utf8"));

const attributes = (html: string, name: string) =>
  [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, "g"))].map(([, value = ""]) => value);
const ids = new Map([...pages].map(([page, html]) => [page, new Set(attributes(html, "id"))]));
const requirements = (
  JSON.parse(await readFile(new URL("1.0/requirements.json", SPEC), "utf8")) as {
    requirements: { id: string }[];
  }
).requirements.map(({ id }) => id);

test("every link and every fragment of every page has a target", () => {
  const broken: string[] = [];
  for (const [page, html] of pages) {
    for (const href of attributes(html, "href").filter((link) => !/^(?:https?:|data:|mailto:)/.test(link))) {
      const target = new URL(href, new URL(page, site));
      const file = decodeURIComponent(target.pathname).slice(folder.length + 1);
      const fragment = target.hash.slice(1);
      if (!files.has(file) || (fragment !== "" && !ids.get(file)?.has(fragment)))
        broken.push(`${page}: ${href}`);
    }
  }
  expect(pages.size).toBeGreaterThan(70);
  expect(broken).toEqual([]);
});

test("every link between Markdown files has a target", async () => {
  const broken: string[] = [];
  const texts = [...files].filter((name) => name.endsWith(".md"));
  for (const name of texts) {
    // Code is not a link, even if it looks like one.
    const text = (await readFile(new URL(name, site), "utf8")).replaceAll(/```.*?```|`[^`\n]*`/gs, "");
    for (const [, href = ""] of text.matchAll(/\]\(([^()\s]+)\)/g)) {
      if (/^(?:https?:|mailto:|#)/.test(href)) continue;
      const { pathname } = new URL(href, new URL(name, site));
      if (!files.has(decodeURIComponent(pathname).slice(folder.length + 1))) broken.push(`${name}: ${href}`);
    }
  }
  expect(texts.length).toBeGreaterThan(20);
  expect(broken).toEqual([]);
});

test("loads nothing from other hosts", () => {
  for (const [page, html] of pages) {
    expect([page, attributes(html, "src").filter((source) => /^(?:\w+:)?\/\//.test(source))]).toEqual([
      page,
      [],
    ]);
    expect([page, /<link[^>]+href="(?:\w+:)?\/\//.test(html)]).toEqual([page, false]);
  }
});

test("every requirement has a link target in the prose and in the index", () => {
  const contract = ids.get("contract.html");
  const listed = attributes(pages.get("requirements.html") ?? "", "href");
  expect(requirements.length).toBeGreaterThan(150);
  expect(requirements.filter((id) => !contract?.has(id.toLowerCase()))).toEqual([]);
  expect(requirements.filter((id) => !listed.includes(`contract.html#${id.toLowerCase()}`))).toEqual([]);
  expect(pages.get("contract.html")?.match(/class="requirement"/g)).toHaveLength(requirements.length);
});

test("every schema has a page and a JSON file", async () => {
  const names = (await readdir(new URL("1.0/schemas/", SPEC))).map((name) => name.replace(/\.json$/, ""));
  expect(names.filter((name) => !pages.has(`schemas/${name}.html`))).toEqual([]);
  expect(names.filter((name) => !files.has(`schemas/${name}.json`))).toEqual([]);
  expect(pages.get("schemas/Device.html")).toMatch(/device_id[\s\S]*required[\s\S]*last_seen_at/);
});

test("the API reference shows every operation of the document", async () => {
  const document = parse(await readFile(new URL("1.0/openapi.yaml", SPEC), "utf8")) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const operations = Object.values(document.paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId),
  );
  expect(operations.length).toBeGreaterThan(10);
  for (const operation of [...operations, "receiveDelivery"])
    expect(ids.get("api.html")).toContain(operation);
});

test("data cannot become markup", async () => {
  const { html } = await import("@convergint/internal/html");
  const { renderInline } = await import("./site/markdown.ts");
  const nasty = `<img src=x onerror="alert(1)">`;
  expect(html`<p title="${nasty}">${nasty}</p>`.text).not.toContain("<img");
  expect(renderInline(nasty).text).not.toContain("<img");
});

const executablePath = findChromium();
if (!executablePath)
  console.warn("SKIPPED: no browser to open the pages of the site with. Run: apt-get install chromium.");

describe.skipIf(!executablePath)("in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());

  /** Opens a page and records its errors. */
  async function open(path: string, width: number) {
    const context = await browser.newContext({ viewport: { width, height: 844 } });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("requestfailed", (request) => faults.push(`failed: ${request.url()}`));
    page.on("request", (request) => {
      if (!/^(?:file|data|blob):/.test(request.url())) faults.push(`from another host: ${request.url()}`);
    });
    await page.goto(new URL(path, site).href);
    return { page, faults, close: () => context.close() };
  }

  const kinds = [
    ...ENTRIES.map(({ path }) => path),
    "schemas/Device.html",
    "schemas/Manifest.html",
    "decisions/0002-order-of-observations.html",
  ];
  const looks = kinds.flatMap((path) => [1280, 390].map((width) => ({ path, width })));

  test.each(looks)(
    "$path at $width pixels is complete and no wider than the window",
    async ({ path, width }) => {
      const { page, faults, close } = await open(path, width);
      const overflow = await page.evaluate(
        "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)",
      );
      expect({ overflow, faults }).toEqual({ overflow: 0, faults: [] });
      expect(await page.locator("h1").count()).toBeGreaterThan(0);
      await close();
    },
  );

  test("the index of requirements filters by text, by actor and by level", async () => {
    const { page, close } = await open("requirements.html", 1280);
    const shown = () => page.locator("tbody tr:visible").count();
    expect(await shown()).toBe(requirements.length);
    await page.getByLabel("Filter").fill("tombstone");
    expect(await shown()).toBeGreaterThan(0);
    expect(await shown()).toBeLessThan(10);
    await page.getByLabel("Filter").fill("");
    await page.getByLabel("Who").selectOption("consumer");
    expect(await shown()).toBe(requirements.filter((id) => id.startsWith("RCV-")).length);
    await page.getByLabel("Level").selectOption("MAY");
    expect(await page.locator("tbody tr:visible th").allInnerTexts()).toEqual(["RCV-017"]);
    await close();
  });

  test("a link to a requirement scrolls to it, below the bar at the top", async () => {
    const { page, close } = await open("contract.html#evt-007", 390);
    const [target, bar] = [
      await page.locator("#evt-007").boundingBox(),
      await page.locator(".top").boundingBox(),
    ];
    expect(target?.y).toBeGreaterThanOrEqual((bar?.y ?? 0) + (bar?.height ?? 0));
    expect(target?.y).toBeLessThan(844);
    await close();
  });
});
