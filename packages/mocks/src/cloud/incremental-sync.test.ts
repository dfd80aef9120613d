import { deviceChangePageSchema, type Page } from "@convergint/schemas";
import { expect, test } from "vitest";
import type { MockVendorCloud, WrittenCampus } from "../index.ts";
import { answerRequests, call, problemOf, read, serveCloud } from "../testing/served.ts";

answerRequests();

const device = (device_id: string, site_id = "north") => ({
  device_id,
  org_id: "acme",
  site_id,
  name: device_id,
  type: "camera",
});
const campus: WrittenCampus = {
  orgs: [{ org_id: "acme", name: "Acme" }],
  sites: [
    { site_id: "north", org_id: "acme", name: "North" },
    { site_id: "south", org_id: "acme", name: "South" },
  ],
  devices: [device("a"), device("b"), device("c"), device("d", "south")],
};

/** Describes an entry of a listing as text. */
function tell(item: Record<string, unknown>): string {
  if (item["lifecycle"] !== "removed") return `${item["device_id"]} ${item["status"] ?? "-"}`;
  expect(Object.keys(item)).toEqual(["device_id", "org_id", "site_id", "lifecycle", "removed_at"]);
  return `${item["device_id"]} removed`;
}

/** Reads a whole listing with two entries per page; returns descriptions of the entries and the last page's token. */
async function list(cloud: MockVendorCloud, query: Readonly<Record<string, string>> = {}) {
  const said: string[] = [];
  const tokens: unknown[] = [];
  let cursor: string | null = null;
  do {
    const search = new URLSearchParams({ limit: "2", ...query, ...(cursor !== null && { cursor }) });
    const answer = await call(cloud, `/v1/devices?${search}`);
    const page: Page<Record<string, unknown>> = await read(deviceChangePageSchema, answer);
    said.push(...page.data.map(tell));
    tokens.push(page.sync_token);
    cursor = page.next_cursor;
  } while (cursor !== null);
  expect(tokens.filter((token) => token !== undefined)).toHaveLength(1);
  return { said, token: String(tokens.at(-1)) };
}

test("lists nothing while nothing has changed, with a token each time", async () => {
  const { cloud } = serveCloud({ campus });
  const full = await list(cloud);
  expect(full.said).toEqual(["a -", "b -", "c -", "d -"]);
  const first = await list(cloud, { since: full.token });
  expect(first.said).toEqual([]);
  expect((await list(cloud, { since: first.token })).said).toEqual([]);
});

test("lists added, changed and removed devices, each once, in their current state", async () => {
  const { cloud } = serveCloud({ campus });
  const { token } = await list(cloud);
  cloud.setStatus("a", "offline");
  cloud.setStatus("a", "online");
  cloud.addDevice(device("e"));
  cloud.setStatus("b", "degraded");
  cloud.removeDevice("b");
  cloud.addDevice(device("f"));
  cloud.removeDevice("f");
  const changes = await list(cloud, { since: token });
  expect(changes.said.toSorted()).toEqual(["a online", "b removed", "e -", "f removed"]);
  expect((await list(cloud)).said).toEqual(["a online", "c -", "d -", "e -"]);
  expect((await list(cloud, { since: changes.token })).said).toEqual([]);
  // The same sync token can be used repeatedly.
  expect((await list(cloud, { since: token })).said).toEqual(changes.said);
});

test("a token of a listing from before a change lists that change", async () => {
  const { cloud } = serveCloud({ campus });
  const first = (await (await call(cloud, "/v1/devices?limit=3")).json()) as Page<unknown>;
  cloud.setStatus("d", "offline");
  const last = (await (
    await call(cloud, `/v1/devices?limit=3&cursor=${first.next_cursor}`)
  ).json()) as Page<unknown>;
  expect(last.data).toMatchObject([{ device_id: "d" }]);
  expect((await list(cloud, { since: String(last.sync_token) })).said).toEqual(["d offline"]);
});

test("with a filter, also lists devices that left it, and nothing of other sites", async () => {
  const { cloud } = serveCloud({ campus });
  const north = { site_id: "north" };
  const { said, token } = await list(cloud, north);
  expect(said).toEqual(["a -", "b -", "c -"]);
  cloud.removeDevice("a");
  cloud.addDevice(device("a", "south"));
  cloud.removeDevice("b");
  cloud.setStatus("d", "offline");
  const changes = await list(cloud, { ...north, since: token });
  expect(changes.said.toSorted()).toEqual(["a -", "b removed"]);
  expect((await list(cloud, north)).said).toEqual(["c -"]);
  cloud.setStatus("a", "offline");
  expect((await list(cloud, { ...north, since: changes.token })).said).toEqual([]);
});

test("with a filter by system, lists its removed devices, and refuses an unknown system", async () => {
  const ofSystem = (id: string, system_id: string) => ({ ...device(id), system_id });
  const { cloud } = serveCloud({
    campus: { ...campus, devices: [ofSystem("a", "vms"), ofSystem("b", "acs"), device("c")] },
  });
  const filter = { system_id: "vms" };
  const { said, token } = await list(cloud, filter);
  expect(said).toEqual(["a -"]);
  expect((await list(cloud, { ...filter, site_id: "south" })).said).toEqual([]);
  cloud.removeDevice("a");
  cloud.setStatus("b", "offline");
  // No listing contained this device, but the consumer can still know it from an event.
  cloud.addDevice(ofSystem("d", "vms"));
  cloud.removeDevice("d");
  expect((await list(cloud, { ...filter, since: token })).said).toEqual(["a removed", "d removed"]);
  for (const system_id of ["nvr", ""])
    expect(await problemOf(await call(cloud, `/v1/devices?system_id=${system_id}`))).toBe(
      "404 unknown_system",
    );
  const other = await call(cloud, `/v1/devices?system_id=acs&since=${token}`);
  expect(await problemOf(other)).toBe("400 invalid_parameter");
});

test("refuses unknown tokens, tokens of other filters, and unknown filters", async () => {
  const { cloud } = serveCloud({ campus });
  const { token } = await list(cloud, { site_id: "north" });
  for (const [query, expected] of [
    ["since=made-up", "400 invalid_parameter"],
    ["since=", "400 invalid_parameter"],
    [`since=${token}`, "400 invalid_parameter"],
    [`site_id=south&since=${token}`, "400 invalid_parameter"],
    [`site_id=north&org_id=acme&since=${token}`, "400 invalid_parameter"],
    [`site_id=nowhere&since=${token}`, "404 unknown_site"],
  ])
    expect(await problemOf(await call(cloud, `/v1/devices?${query}`)), query).toBe(expected);
});
