import type { Evidence } from "../../evidence/evidence.ts";
import type { Exchange, Listing } from "../../evidence/exchange.ts";
import { declares } from "../../evidence/manifest.ts";
import { entriesOf, type IdName, idsOf, memberOf, objectOf, textOf } from "../../evidence/read.ts";
import { readListing } from "../../harness/listing.ts";
import type { Bearer, Call } from "../../harness/recorder.ts";
import { apiUrl, segment } from "../api.ts";
import { endpointUrl, register } from "../events/endpoints.ts";
import { sandboxUrl } from "../events/sandbox-device.ts";
import { CannotDriveError, type Drive, scenario } from "../scenario.ts";
import { foreignToken } from "./foreign-token.ts";

const firstOf = (listing: Listing, name: IdName): string => {
  const [id] = idsOf(listing, name);
  if (id === undefined)
    throw new CannotDriveError(`no listing has a ${name} with which to test another tenant`);
  return id;
};

/** Returns the cursors of a listing. */
const cursorsOf = ({ pages }: Listing): string[] =>
  pages.flatMap((page: Exchange) => textOf(objectOf(page), "next_cursor") ?? []);

type Seen = Pick<Evidence, "discovery" | "orgs" | "sites" | "devices" | "paging">;
type Crossing = Evidence["isolation"]["crossings"][number];

/** Makes calls as another tenant. */
function createStranger({ discovery }: Seen, { recorder, chance }: Drive, credential: Bearer) {
  const call = (purpose: string, url: URL, method: Call["method"] = "GET", json?: object) =>
    recorder.call({ purpose, url, method, credential, ...(json && { json }) });
  return {
    list: (purpose: string, path: `/v1/${string}`, query: Readonly<Record<string, string>> = {}) =>
      readListing(recorder, { purpose, url: apiUrl(discovery, path, query), credential }),
    ask: (purpose: string, path: `/v1/${string}`, query: Readonly<Record<string, string>>) =>
      call(purpose, apiUrl(discovery, path, query)),
    /** Makes the same call for an id of the first tenant and for an unknown id. */
    cross: async (
      what: string,
      id: string,
      urlOf: (id: string) => URL,
      method?: Call["method"],
      json?: object,
    ): Promise<Crossing> => ({
      theirs: await call(`as another tenant, ${what} of the first tenant`, urlOf(id), method, json),
      unknown: await call(
        `as another tenant, ${what} that does not exist`,
        urlOf(chance.uuid(what)),
        method,
        json,
      ),
    }),
  };
}

type Stranger = ReturnType<typeof createStranger>;

/**
 * Pings an endpoint of the first tenant, rotates its secret and deletes it, all as another tenant. The endpoint is registered only
 * for this.
 */
async function crossEndpoints({ discovery }: Seen, { cross }: Stranger, drive: Drive) {
  if (!declares(objectOf(discovery.manifest), "webhooks.endpoint_management")) return { crossings: [] };
  const destination = drive.receiver.destination();
  const created = await register(discovery, destination, drive);
  const id = textOf(objectOf(created), "endpoint_id");
  const own = endpointUrl(discovery, created);
  if (id === null || own === null) return { crossings: [] };
  const path = (endpointId: string, action = "") =>
    apiUrl(discovery, `/v1/webhook-endpoints/${segment(endpointId)}${action}`);
  const crossings = [
    await cross("ping an endpoint", id, (each) => path(each, "/ping"), "POST"),
    await cross("rotate the secret of an endpoint", id, (each) => path(each, "/rotate-secret"), "POST"),
    await cross("delete an endpoint", id, (each) => path(each), "DELETE"),
  ];
  const listed = await drive.recorder.call({
    purpose: "list the webhook endpoints after another tenant tried to delete one",
    url: apiUrl(discovery, "/v1/webhook-endpoints"),
  });
  drive.reports.remove(destination);
  await drive.recorder.call({ purpose: "remove the webhook endpoint", method: "DELETE", url: own });
  return { crossings, endpoint: { id, listed } };
}

/** Lists as another tenant, and requests data of the first tenant by id, filter, cursor and sync token. */
export const isolation = scenario(
  "isolation",
  "Request the data of another tenant",
  ["discovery", "orgs", "sites", "devices", "paging"],
  async (seen, drive) => {
    const { discovery, orgs, sites, devices, paging } = seen;
    const { second: credential } = drive.bearers;
    if (credential === undefined) throw new CannotDriveError("no credential of another tenant was given");
    const stranger = createStranger(seen, drive, credential);
    const { list, ask, cross } = stranger;
    const [orgId, siteId, deviceId] = [
      firstOf(orgs.listing, "org_id"),
      firstOf(sites.listing, "site_id"),
      firstOf(devices.listing, "device_id"),
    ];
    const query = (path: `/v1/${string}`, name: string) => (id: string) =>
      apiUrl(discovery, path, { [name]: id });
    const crossings = [
      await cross("look up a device", deviceId, (id) => apiUrl(discovery, `/v1/devices/${segment(id)}`)),
      await cross("list the devices of an org", orgId, query("/v1/devices", "org_id")),
      await cross("list the devices of a site", siteId, query("/v1/devices", "site_id")),
      await cross("list the sites of an org", orgId, query("/v1/sites", "org_id")),
    ];
    const [systemId] = entriesOf(devices.listing).flatMap(({ value }) => textOf(value, "system_id") ?? []);
    if (systemId !== undefined && declares(objectOf(discovery.manifest), "inventory.system_filter"))
      crossings.push(
        await cross("list the devices of a system", systemId, query("/v1/devices", "system_id")),
      );
    const device = entriesOf(devices.listing).find(({ value }) => value["device_id"] === deviceId)?.value;
    const status = textOf(device ?? null, "status");
    if (sandboxUrl(discovery, deviceId) !== null && status !== null) {
      const urlOf = (id: string) => sandboxUrl(discovery, id) ?? apiUrl(discovery, "/v1/devices");
      // Send the current status, so that nothing changes if the vendor executes the command.
      crossings.push(await cross("set the status of a device", deviceId, urlOf, "POST", { status }));
    }
    const endpoints = await crossEndpoints(seen, stranger, drive);
    const listings = {
      orgs: await list("list orgs as another tenant", "/v1/orgs"),
      sites: await list("list sites as another tenant", "/v1/sites"),
      devices: await list("list devices as another tenant", "/v1/devices"),
    };
    const [page] = devices.listing.pages;
    const after = textOf(memberOf(page ? objectOf(page) : null, "snapshot"), "as_of");
    const hasEvents = declares(objectOf(discovery.manifest), "backfill") && after !== null;
    const cursors: Exchange[] = [];
    for (const [kind, listing] of [
      ["devices", paging.inSmallPages],
      ["sites", paging.sitesInSmallPages],
      ["orgs", paging.orgsInSmallPages],
    ] as const) {
      const [cursor] = cursorsOf(listing);
      if (cursor !== undefined)
        cursors.push(await ask(`follow a cursor of the first tenant's ${kind}`, `/v1/${kind}`, { cursor }));
    }
    return {
      ...listings,
      crossings: [...crossings, ...endpoints.crossings],
      cursors,
      foreignToken: await foreignToken({ discovery, devices }, listings.devices, credential, drive),
      ...(endpoints.endpoint && { endpoint: endpoints.endpoint }),
      ...(hasEvents && { events: await list("list events as another tenant", "/v1/events", { after }) }),
    };
  },
);
