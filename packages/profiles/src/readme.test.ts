import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { Expression } from "./expression.ts";
import { readProfile } from "./read-profile.ts";
import { createRecordMapper } from "./record.ts";
import { createWebhookReader } from "./webhooks/reader.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const [DOCUMENT = ""] = [...README.matchAll(/```yaml\n([\s\S]+?)```/g)].map(([, code]) => code ?? "");
const [sites, locks, health, delivery, device, data] = [...README.matchAll(/```json\n([\s\S]+?)```/g)].map(
  ([, code = ""]) => JSON.parse(code),
);
const profile = readProfile(DOCUMENT, "harbor.yaml");
const setting = { org_id: "4711" };

/** Returns the cells in code of the table below a heading. */
function rowsOf(heading: string): string[][] {
  const [, section = ""] = README.split(`### ${heading}\n`);
  const [table = ""] = /(?:^\|.*\n)+/m.exec(section) ?? [];
  return [...table.matchAll(/^\| (.+?) \| (.+?) \|$/gm)]
    .slice(1)
    .map(([, ...cells]) => cells.map((cell) => cell.replace(/^`([\s\S]*)`$/, "$1").replaceAll("\\|", "|")));
}

test("the example maps its samples to the device that the guide shows", () => {
  const { sites: places = [], devices = [] } = profile.document.inventory ?? {};
  const [source] = devices;
  const { state } = source?.join ?? {};
  if (source === undefined || state === undefined || places[0] === undefined) throw new Error("Incomplete.");
  const [item] = locks.locks;
  const [other] = health.health;
  expect(state.on.evaluate({ item, setting })).toBe(state.equals.evaluate({ other, setting }));
  const [site] = sites.buildings;
  expect(
    createRecordMapper({ profile, kind: "device", source })([{ item, site, state: other, setting }]),
  ).toEqual([{ record: device, faults: [], unmapped: [] }]);
  expect(
    createRecordMapper({ profile, kind: "site", source: places[0] })([{ item: site, setting }]),
  ).toMatchObject([{ record: { site_id: "14", address: { street: "1 Harbor Way" } }, faults: [] }]);
});

test("the example verifies a delivery and maps it to the event that the guide shows", async () => {
  const body = JSON.stringify(delivery);
  const secret = "harbor-secret";
  const hex = createHmac("sha256", secret).update(`1790000061.${body}`).digest("hex");
  const { read } = createWebhookReader(profile, { settings: setting });
  const result = await read({
    method: "POST",
    url: "https://ingest.example/hooks",
    headers: { "harbor-signature": `t=1790000061,v1=${hex}` },
    body: Buffer.from(body),
    receivedAt: new Date(1_790_000_062_000),
    secrets: [secret],
  });
  expect(result.events).toMatchObject([
    { value: { type: "com.convergint.device.status_changed.v1", time: "2026-09-21T14:14:20.5Z", data } },
  ]);
  expect(Object.keys(result.events[0]?.value.data ?? {})).toHaveLength(Object.keys(data).length);
});

test("the table of expressions shows what they yield", () => {
  const [, written = ""] = /Where `item` is\n`(.+)`/.exec(README) ?? [];
  const rows = rowsOf("Expressions");
  expect(rows.length).toBeGreaterThan(15);
  for (const [source = "", value = ""] of rows) {
    const expression = new Expression(source);
    expression.compile({ file: "", line: 1, column: 1, path: "" }, ["item"], () => 0);
    const result = expression.evaluate({ item: JSON.parse(written) });
    expect([source, result === undefined ? "absent" : JSON.stringify(result)]).toEqual([source, value]);
  }
});

test.each([
  [
    "Paging",
    (document: { inventory: { requests: { health: object } } }, rule: unknown) =>
      Object.assign(document.inventory.requests.health, { paging: rule }),
  ],
  [
    "Signatures",
    (document: { webhooks: object }, rule: unknown) => Object.assign(document.webhooks, { signature: rule }),
  ],
])("every example in the table of %s is valid", (heading, replace) => {
  const rows = rowsOf(heading);
  expect(rows.length).toBeGreaterThan(6);
  for (const [, rule = ""] of rows) {
    const document = parse(DOCUMENT, { merge: true });
    replace(document, parse(rule));
    expect(() => readProfile(JSON.stringify(document))).not.toThrow();
  }
});
