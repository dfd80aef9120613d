import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import { delivery, exchange, listing } from "../evidence/testing/recorded.ts";
import { checks } from "./index.ts";

/** Judges made-up evidence for one requirement. */
async function judge(id: string, evidence: object) {
  const check = checks.find(({ requirement }) => requirement === id);
  const finding = await check?.judge(evidence as Partial<Evidence>);
  return finding?.outcome;
}

describe("MAN-007", () => {
  test.each([
    ["https://api.vendor.example", "pass"],
    ["http://127.0.0.1:8080", "pass"],
    ["http://[::1]:8080", "pass"],
    ["http://localhost:8080", "pass"],
    ["http://api.vendor.example", "fail"],
    ["http://127.0.0.1.vendor.example", "fail"],
    ["http://127.vendor.example", "fail"],
    ["http://10.0.0.7", "fail"],
    ["HTTP://API.VENDOR.EXAMPLE", "fail"],
    ["ftp://api.vendor.example", "fail"],
    ["https://user@api.vendor.example", "fail"],
    ["https://:secret@api.vendor.example", "fail"],
  ])("%s: %s", async (url, outcome) => {
    const manifest = { api_base: "https://api.vendor.example", webhooks: [{ of: { "our/own": url } }] };
    expect(await judge("MAN-007", { discovery: { manifest: exchange(manifest) } })).toBe(outcome);
  });

  test("the password of a URL is not repeated", async () => {
    const manifest = exchange({ api_base: "https://help:desk-password@api.vendor.example" });
    const check = checks.find(({ requirement }) => requirement === "MAN-007");
    const finding = await check?.judge({ discovery: { manifest } });
    expect(JSON.stringify(finding)).not.toContain("desk-password");
  });
});

describe("SITE-004", () => {
  test.each([
    ["America/Chicago", "pass"],
    ["UTC", "pass"],
    ["+05:00", "fail"],
    ["-0600", "fail"],
    ["Central Standard Time", "fail"],
    ["", "fail"],
  ])("%j: %s", async (timezone, outcome) => {
    expect(await judge("SITE-004", { sites: { listing: listing({ site_id: "s", timezone }) } })).toBe(
      outcome,
    );
  });
});

describe("INV-009 and PAGE-001", () => {
  const [door, reader] = [
    { device_id: "4711", type: "door", name: "North", org_id: "o", site_id: "s" },
    { device_id: "4711", type: "reader", name: "North", org_id: "o", site_id: "s" },
  ];
  const inventory = (...devices: readonly object[]) => {
    const others = {
      orgs: { listing: listing({ org_id: "o" }) },
      sites: { listing: listing({ site_id: "s" }) },
    };
    const paging = {
      inSmallPages: listing(...devices),
      orgsInSmallPages: others.orgs.listing,
      sitesInSmallPages: others.sites.listing,
    };
    return { ...others, devices: { listing: listing(...devices) }, paging };
  };

  test("two devices of one id are INV-009's matter alone", async () => {
    expect(await judge("INV-009", inventory(door, reader))).toBe("fail");
    expect(await judge("PAGE-001", inventory(door, reader))).toBe("pass");
  });

  test("one device listed twice is PAGE-001's matter alone", async () => {
    expect(await judge("INV-009", inventory(door, door))).toBe("pass");
    expect(await judge("PAGE-001", inventory(door, door))).toBe("fail");
  });

  test("an id may be an org's, a site's and a device's at once", async () => {
    const same = { ...inventory(), devices: { listing: listing({ device_id: "o", name: "D" }) } };
    expect(
      await judge("INV-009", { ...same, sites: { listing: listing({ site_id: "o", name: "S" }) } }),
    ).toBe("pass");
  });
});

describe("INV-017", () => {
  const evidence = (incremental_sync: boolean, status: number) => ({
    discovery: { manifest: exchange({ inventory: { incremental_sync } }) },
    filters: { madeUpSince: exchange({}, { status }) },
  });
  test.each([
    [false, 400, "pass"],
    [false, 200, "fail"],
    [false, 410, "fail"],
    [true, 410, "not-applicable"],
  ])("incremental sync %s, answered %d: %s", async (declared, status, outcome) => {
    expect(await judge("INV-017", evidence(declared, status))).toBe(outcome);
  });
});

describe("EVT-009", () => {
  const change = { deviceId: "d", status: "offline", window: { from: 0, to: 1 }, command: exchange({}) };
  const event = {
    id: "e",
    type: "com.convergint.device.status_changed.v1",
    data: { device_id: "d", status: "offline" },
  };
  const evidence = (...beside: readonly object[]) => ({
    health: {
      changes: [change],
      deliveries: [
        delivery(event),
        delivery({ ...event, id: "later" }),
        delivery({ ...event, id: "of another", data: { ...event.data, device_id: "e" } }),
      ],
      deliveriesBeside: beside.map((each) => delivery(each)),
    },
  });
  test.each<[string, object[], string]>([
    ["written alike", [event], "pass"],
    ["its members in another order", [{ data: event.data, type: event.type, id: "e" }], "pass"],
    ["with another id", [{ ...event, id: "f" }], "fail"],
    ["with another time", [{ ...event, time: "2026-11-23T08:30:00Z" }], "fail"],
    ["with less in it", [{ ...event, data: { device_id: "d", status: "offline", zone: "1" } }], "fail"],
    ["not at all", [], "could-not-run"],
    ["with the id of another device's event", [{ ...event, id: "of another" }], "fail"],
    ["after another of the same status", [{ ...event, id: "later" }, event], "pass"],
    ["not at all, though another of the same status", [{ ...event, id: "later" }], "could-not-run"],
  ])("the same event at another endpoint, %s: %s", async (_, beside, outcome) => {
    expect(await judge("EVT-009", evidence(...beside))).toBe(outcome);
  });
});

describe("a command that the vendor refused", () => {
  const problem = {
    title: "Conflict",
    status: 409,
    code: "device_unreachable",
    detail: "Its connector is down.",
  };
  const evidence = {
    health: {
      changes: [
        {
          deviceId: "d",
          status: "offline",
          window: { from: 0, to: 0 },
          waitedSeconds: 1,
          command: exchange(problem, {
            status: 409,
            headers: { "content-type": "application/problem+json" },
          }),
          inventoryAfter: exchange({ device_id: "d", status: "unknown" }),
        },
      ],
      deliveries: [],
      deliveriesBeside: [],
      latencySeconds: 1,
    },
  };

  test.each(["EVT-001", "EVT-004", "EVT-007"])("is no matter of %s: nothing changed", async (id) => {
    expect(await judge(id, evidence)).toBe("could-not-run");
  });

  test("is SBX-001's, with the vendor's own words", async () => {
    const check = checks.find(({ requirement }) => requirement === "SBX-001");
    expect(await check?.judge(evidence as object)).toMatchObject({
      outcome: "fail",
      failures: [{ actual: '409 device_unreachable ("Its connector is down.")' }],
    });
  });
});

describe("SIG-004", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const other = generateKeyPairSync("ed25519");
  const whpk = (key: typeof publicKey) =>
    `whpk_${Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url").toString("base64")}`;
  const body = '{"id":"e"}';
  const signature = `v1a,${sign(null, Buffer.from(`e.1764000000.${body}`), privateKey).toString("base64")}`;
  const evidence = (
    signatures: string,
    { keys = [whpk(publicKey)], schemes = ["v1", "v1a"], sent = body } = {},
  ) => ({
    discovery: { manifest: exchange({ webhooks: { signature_schemes: schemes, public_keys: keys } }) },
    endpoints: { created: exchange({}), createdBeside: exchange({}) },
    health: {
      secret: "",
      deliveries: [
        delivery(sent, {
          "webhook-id": "e",
          "webhook-timestamp": "1764000000",
          "webhook-signature": signatures,
        }),
      ],
    },
    lifecycle: { rotation: exchange({}), deliveries: [], deliveriesBeside: [] },
  });

  test.each<[string, object, string]>([
    ["a signature of a key in the manifest", evidence(signature), "pass"],
    ["the same beside others", evidence(`v1,AAAA ${signature}`), "pass"],
    [
      "a key that is being replaced",
      evidence(signature, { keys: [whpk(other.publicKey), whpk(publicKey)] }),
      "pass",
    ],
    ["no v1a signature", evidence("v1,AAAA"), "fail"],
    ["another key", evidence(signature, { keys: [whpk(other.publicKey)] }), "fail"],
    ["no key that can be read", evidence(signature, { keys: ["whpk_AAAA", "whpk_", ""] }), "fail"],
    ["another body", evidence(signature, { sent: '{"id": "e"}' }), "fail"],
    ["a signature that is none", evidence("v1a,!"), "fail"],
    ["no promise of v1a", evidence("v1,AAAA", { schemes: ["v1"] }), "not-applicable"],
  ])("%s: %s", async (_, parts, outcome) => {
    expect(await judge("SIG-004", parts)).toBe(outcome);
  });
});

describe("SEC-001", () => {
  const secret = "whsec_AAAA/BBBB/CCCC/DDDD/EEEE/FFFF/GG==";
  test.each([
    ["no secret", JSON.stringify({ data: [{ endpoint_id: "we_1" }] }), "pass"],
    ["a secret", JSON.stringify({ data: [{ endpoint_id: "we_1", secret }] }), "fail"],
    ["a secret with escaped slashes", `{"data":[{"of":{"key":"${secret.replaceAll("/", "\\/")}"}}]}`, "fail"],
  ])("a list with %s", async (_, body, outcome) => {
    const created = exchange({ secret }, { status: 201 });
    expect(
      await judge("SEC-001", { endpoints: { created, createdBeside: created, listed: exchange(body) } }),
    ).toBe(outcome);
  });
});
