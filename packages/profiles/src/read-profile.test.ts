import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ProfileError } from "./errors.ts";
import { profileJsonSchema } from "./json-schema.ts";
import { readProfile } from "./read-profile.ts";
import { listShipped, readShipped } from "./shipped.ts";

const DOCUMENT = `# A vendor with one listing.
profile: 1
name: example
title: Example cloud
settings:
  org_id: { title: Organization id }
auth: { scheme: bearer }
inventory:
  requests:
    sites: { path: /sites, items: body.sites, as: site }
    devices:
      for_each: sites
      as: here
      path: "/sites/{site.id}/devices"
      items: body.devices
      paging: &pages { style: cursor, next: body.next, send_as: cursor }
    statuses:
      path: /statuses
      items: body.statuses
      paging: *pages
  orgs: { fields: { org_id: setting.org_id, name: setting.org_id } }
  sites: { from: sites, fields: { site_id: item.id, org_id: setting.org_id, name: item.name } }
  devices:
    - from: devices
      join: { state: { from: statuses, on: item.id, equals: other.id } }
      fields:
        device_id: item.id
        org_id: setting.org_id
        site_id: here.id
        name: item.name
        type: item.kind
        status: state.status
        last_seen_at: { value: item.seen, time: unix_seconds }
words:
  type: { cam: camera }
webhooks:
  signature: { algorithm: hmac_sha256, header: X-Signature }
  events:
    - when: "event.kind == 'health'"
      type: device.status_changed
      id: event.id
      time: { value: event.at, time: iso }
      fields: { org_id: setting.org_id, site_id: event.site, device_id: event.device, status: event.status }
`
  .replace("as: site }", "}")
  .replace("as: here", "as: site")
  .replace("here.id", "site.id");

/** Reads an edited document. @returns the problems as `line:column code path` */
function problemsOf(edit: (text: string) => string): string[] {
  try {
    readProfile(edit(DOCUMENT));
    return [];
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    return error.problems.map(({ line, column, code, path }) => `${line}:${column} ${code} ${path}`.trim());
  }
}

const messageOf = (edit: (text: string) => string): string => {
  try {
    readProfile(edit(DOCUMENT), "example.yaml");
  } catch (error) {
    return (error as Error).message;
  }
  return "";
};

describe("readProfile", () => {
  test("fills in defaults and places expressions where the file has them", () => {
    const profile = readProfile(DOCUMENT, "example.yaml");
    const { devices } = profile.document.inventory ?? {};
    expect(profile).toMatchObject({ name: "example", title: "Example cloud", file: "example.yaml" });
    expect(devices?.[0]?.fields["type"]).toMatchObject({
      source: "item.kind",
      place: { file: "example.yaml", line: 31, column: 15, path: "inventory.devices[0].fields.type" },
    });
    expect(profile.placeOf("inventory.requests.devices.path")).toMatchObject({ line: 14, column: 13 });
    expect(profile.placeOf("inventory.requests.devices.nothing")).toMatchObject({ line: 12 });
  });

  test("places what an alias repeats where the anchor is", () => {
    const { document } = readProfile(DOCUMENT);
    const paging = document.inventory?.requests["statuses"]?.paging;
    expect(paging).toMatchObject({ style: "cursor", next: { place: { line: 16 } } });
  });

  test("reads JSON, with the digest that the same YAML has; comments do not count", () => {
    const { document, digest } = readProfile("profile: 1\nname: a\ntitle: A\ncanonical: true # yes\n");
    const json = readProfile('{"title": "A", "canonical": true, "profile": 1, "name": "a"}');
    expect(json.document).toEqual(document);
    expect(json.digest).toBe(digest);
    expect(readProfile("profile: 1\nname: a\ntitle: B\ncanonical: true\n").digest).not.toBe(digest);
  });

  test.each<[string, (text: string) => string, string[]]>([
    [
      "an unknown key",
      (text) => text.replace("items: body.sites", "itmes: body.sites"),
      [
        "10:12 missing_key inventory.requests.sites.items",
        "10:28 unknown_key inventory.requests.sites.itmes",
      ],
    ],
    [
      "an unknown field of the contract",
      (text) => text.replace("status: state", "statuss: state"),
      ["32:9 unknown_key inventory.devices[0].fields.statuss"],
    ],
    [
      "a missing field of the contract",
      (text) => text.replace("        name: item.name\n", ""),
      ["27:9 missing_key inventory.devices[0].fields.name"],
    ],
    [
      "a time without its unit",
      (text) => text.replace("{ value: item.seen, time: unix_seconds }", "item.seen"),
      ["33:23 invalid_value inventory.devices[0].fields.last_seen_at"],
    ],
    [
      "an unknown event type",
      (text) => text.replace("device.status_changed", "device.status_change"),
      ["40:13 invalid_value webhooks.events[0].type"],
    ],
    [
      "an expression that cannot be parsed",
      (text) => text.replace("item.kind", "item..kind"),
      ["31:15 invalid_expression inventory.devices[0].fields.type"],
    ],
    [
      "an expression with wrong types",
      (text) => text.replace("item.kind", "\"'a' * 2\""),
      ["31:15 invalid_expression inventory.devices[0].fields.type"],
    ],
    [
      "a variable that this expression cannot read",
      (text) => text.replace("item.kind", "site2.kind"),
      ["31:15 unknown_variable inventory.devices[0].fields.type"],
    ],
    [
      "a variable in a template",
      (text) => text.replace("{site.id}", "{sites.id}"),
      ["14:13 unknown_variable inventory.requests.devices.path"],
    ],
    [
      "too many loops inside each other",
      (text) =>
        text.replace("body.devices", "body.a.filter(a, body.a.all(b, body.a.all(c, body.a.all(d, a == b))))"),
      ["15:14 invalid_expression inventory.requests.devices.items"],
    ],
    [
      "an unknown request",
      (text) => text.replace("from: statuses", "from: status"),
      ["25:30 unknown_request inventory.devices[0].join.state.from"],
    ],
    [
      "a request for its own items",
      (text) => text.replace("for_each: sites", "for_each: devices"),
      ["12:17 invalid_value inventory.requests.devices.for_each"],
    ],
    [
      "a request for items without a name",
      (text) => text.replace("      as: site\n", ""),
      [
        "12:7 missing_key inventory.requests.devices",
        "13:13 unknown_variable inventory.requests.devices.path",
        "28:18 unknown_variable inventory.devices[0].fields.site_id",
      ],
    ],
    ["no authentication", (text) => text.replace("auth: { scheme: bearer }\n", ""), ["1:1 missing_key"]],
    ["a duplicate key", (text) => text.replace("title:", "name: b\ntitle:"), ["4:1 not_readable"]],
    ["an unknown alias", (text) => text.replace("*pages", "*page"), ["20:15 not_readable"]],
    ["text that is neither YAML nor JSON", () => "a: [1,\n b: }", ["2:5 not_readable"]],
    ["no object", () => "- a", ["1:1 invalid_value"]],
    [
      "another version of the format",
      (text) => text.replace("profile: 1", "profile: 2"),
      ["2:10 invalid_value profile"],
    ],
  ])("names the line of %s", (_, edit, problems) => {
    expect(problemsOf(edit)).toEqual(problems);
  });

  test("lists every problem, and the nearest name", () => {
    const message = messageOf((text) =>
      text
        .replace("item.kind", "itm.kind")
        .replace("scheme: bearer", "scheme: bearer, realm: x")
        .replace("status: state", "statuss: state"),
    );
    const [first, second, ...others] = message.split("\n");
    expect(first).toBe("example.yaml:7:25 auth.realm: Unknown key realm. Known: scheme.");
    expect(second).toMatch(
      /^example.yaml:32:9 inventory.devices\[0\].fields.statuss: Unknown key statuss. Did you mean status\? Known: device_id, .*vendor_status.*\.$/,
    );
    expect(others).toEqual([]);
    expect(messageOf((text) => text.replace("{ value: item.seen, time: unix_seconds }", "item.seen"))).toBe(
      "example.yaml:33:23 inventory.devices[0].fields.last_seen_at: State the unit: { value: …, time: iso }.",
    );
    expect(messageOf((text) => text.replace("item.kind", "itm.kind"))).toBe(
      "example.yaml:31:15 inventory.devices[0].fields.type: Unknown variable itm. Did you mean item? At character 1.",
    );
  });

  test.each([
    [
      "aliases that multiply",
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${Array.from("bcdefghi", (name, index) => `${name}: &${name} [${Array(10).fill(`*${"abcdefgh"[index]}`).join(",")}]`).join("\n")}\n`,
    ],
    ["an alias of itself", "a: &a [*a]\n"],
    ["deep nesting", `a: ${"[".repeat(60)}${"]".repeat(60)}\n`],
    ["a large file", `# ${"x".repeat(600_000)}`],
  ])("refuses %s", (_, text) => {
    expect(() => readProfile(text)).toThrow(expect.objectContaining({ code: "too_large" }));
  });

  test("throws only ProfileError, whatever the edit, and names a line of the file", () => {
    const lines = DOCUMENT.split("\n");
    fc.assert(
      fc.property(
        fc.nat(DOCUMENT.length),
        fc.nat(12),
        fc.constantFrom(
          "",
          " ",
          "\n",
          "- ",
          "{",
          "}",
          "'",
          ": ",
          "&a ",
          "*pages",
          "null",
          "[]",
          "\u0000",
          "item.",
        ),
        (at, length, inserted) => {
          try {
            readProfile(DOCUMENT.slice(0, at) + inserted + DOCUMENT.slice(at + length));
          } catch (error) {
            if (!(error instanceof ProfileError)) throw error;
            for (const { line, column } of error.problems) {
              expect(line).toBeGreaterThanOrEqual(1);
              expect(line).toBeLessThanOrEqual(lines.length + 1);
              expect(column).toBeGreaterThanOrEqual(1);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

test("the JSON Schema accepts every profile that is shipped, and refuses what the reader refuses", () => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(profileJsonSchema());
  const shipped = listShipped().map(({ name }) => parse(readShipped(name) ?? "", { merge: true }));
  expect(shipped.length).toBeGreaterThan(4);
  for (const document of [parse(DOCUMENT), ...shipped])
    expect(validate(document) || validate.errors).toBe(true);
  for (const [written, changed] of [
    ["status: state", "statuss: state"],
    ["unix_seconds", "unix"],
    ["scheme: bearer", "scheme: bear"],
    ["{ value: item.seen, time: unix_seconds }", "item.seen"],
  ] as const)
    expect(validate(parse(DOCUMENT.replace(written, changed)))).toBe(false);
});

test("shipped profiles are found by their names only", () => {
  expect(listShipped()).toContainEqual({
    name: "convergint-page",
    title: expect.stringContaining("Convergint"),
  });
  for (const { name } of listShipped()) expect(readProfile(readShipped(name) ?? "", name).name).toBe(name);
  expect(readShipped("nothing")).toBeNull();
  expect(readShipped("../shipped/convergint-page")).toBeNull();
});
