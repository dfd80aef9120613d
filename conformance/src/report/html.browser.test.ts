import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findChromium } from "@convergint/testing/chromium";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { renderHtml } from "./html.ts";
import { createReport } from "./report.ts";
import { createHostileRun } from "./testing/hostile-run.ts";

const report = createReport(createHostileRun());
const executablePath = findChromium();
if (executablePath === undefined) {
  console.warn(
    "SKIPPED: the HTML report tests need Chromium on the PATH (chromium, chromium-browser or google-chrome); for example, run `apt-get install chromium`.",
  );
}
let browser: Browser;
let folder: string;
let url: string;

beforeAll(async () => {
  if (executablePath === undefined) return;
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  folder = await mkdtemp(join(tmpdir(), "report-"));
  const file = join(folder, "report.html");
  await writeFile(file, renderHtml(report));
  url = pathToFileURL(file).href;
});
afterAll(async () => {
  await browser?.close();
  if (folder) await rm(folder, { recursive: true });
});

/** Computes the minimum contrast between any text and its background; runs inside the page. */
const MIN_CONTRAST = `(() => {
  const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((channel) => {
      const part = channel / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return channels(colour)[3] === 0 && element.parentElement ? behind(element.parentElement) : colour;
  };
  return Math.min(...[...document.querySelectorAll("main *")].map((element) => {
    const [one, other] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  }));
})()`;

test.skipIf(executablePath === undefined).each([
  ["light", 1280],
  ["light", 390],
  ["dark", 1280],
  ["dark", 390],
] as const)("%s at %i px: readable, no horizontal scrolling, no requests", async (colorScheme, width) => {
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  expect(await page.title()).toMatch(/^NOT CONFORMANT/);
  for (const details of await page.locator("details").all())
    await details.evaluate((each) => each.setAttribute("open", ""));
  expect(requests).toEqual([url]);
  expect(await page.locator("script, img, iframe, link").count()).toBe(0);
  expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
  expect(await page.evaluate(MIN_CONTRAST)).toBeGreaterThanOrEqual(4.5);
  await page.close();
});

test.skipIf(executablePath === undefined)(
  "prints dark on white, with every requirement and without folded evidence",
  async () => {
    const page = await browser.newPage({ colorScheme: "dark" });
    await page.goto(url);
    const row = page.locator("ul.rows li").last();
    const evidence = page.locator(".evidence pre").first();
    expect(await row.isVisible()).toBe(false);
    await page.emulateMedia({ media: "print" });
    expect(await row.isVisible()).toBe(true);
    expect(await evidence.isVisible()).toBe(false);
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    await page.close();
  },
);

test("shows an exchange once when several failures refer to it", () => {
  const [requirement, ...others] = report.requirements;
  const failure = requirement?.failures[0];
  if (!requirement || !failure) throw new Error("the report has no failure");
  const repeated = { ...requirement, failures: Array.from({ length: 12 }, () => failure) };
  const text = renderHtml({ ...report, requirements: [repeated, ...others.slice(2, 3)] });
  const article = text.slice(text.indexOf(`<article class="fail" id="${requirement.id}"`));
  const own = article.slice(0, article.indexOf("</article>"));
  expect(own.match(/Exchange x\d/g)).toHaveLength(1);
  expect(own.match(/class="failure"/g)).toHaveLength(10);
  expect(own).toContain("7 more</summary>");
  expect(own).toContain("… and 2 more, in x2; see the JSON report for all.");
});

test.skipIf(executablePath === undefined)("reaches every failure and its evidence by keyboard", async () => {
  const page = await browser.newPage();
  await page.goto(url);
  const failed = report.requirements.filter(({ failures }) => failures.length > 0);
  for (const { id, text } of failed) {
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    // The browser follows the link asynchronously.
    await page.waitForURL(`${url}#${id}`);
    const article = page.locator(`#${id}`);
    expect(await article.locator("blockquote").textContent()).toBe(text.replaceAll("`", ""));
    expect(await article.locator(".failure").count()).toBe(2);
    expect(await article.textContent()).toContain(`--only ${id}`);
    expect(await article.textContent()).toContain("curl -i");
    const [exchange] = await article.locator("summary").all();
    await exchange?.focus();
    await page.keyboard.press("Enter");
    expect(await article.locator("details[open] pre").first().textContent()).toContain(
      "authorization: Bearer [redacted]",
    );
    await page.locator(`nav a[href="#${id}"]`).focus();
  }
  expect(renderHtml(report).length).toBeLessThan(200_000);
  await page.close();
});
