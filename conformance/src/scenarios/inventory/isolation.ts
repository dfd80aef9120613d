import type { Exchange, Listing } from "../../evidence/exchange.ts";
import { type IdName, idsOf, objectOf, textOf } from "../../evidence/read.ts";
import { readListing } from "../../harness/listing.ts";
import { apiUrl, segment } from "../api.ts";
import { CannotDriveError, scenario } from "../scenario.ts";
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

/** Lists as another tenant, and requests data of the first tenant by id, filter, cursor and sync token. */
export const isolation = scenario(
  "isolation",
  "Request the data of another tenant",
  ["discovery", "orgs", "sites", "devices", "paging"],
  async ({ discovery, orgs, sites, devices, paging }, drive) => {
    const { recorder, credentials, chance } = drive;
    const { secondApiKey: credential } = credentials;
    if (credential === undefined) throw new CannotDriveError("no credential of another tenant was given");
    const list = (name: "orgs" | "sites" | "devices") =>
      readListing(recorder, {
        purpose: `list ${name} as another tenant`,
        url: apiUrl(discovery, `/v1/${name}`),
        credential,
      });
    const ask = (purpose: string, path: `/v1/${string}`, query: Readonly<Record<string, string>> = {}) =>
      recorder.call({ purpose, url: apiUrl(discovery, path, query), credential });
    const [orgId, siteId, deviceId] = [
      firstOf(orgs.listing, "org_id"),
      firstOf(sites.listing, "site_id"),
      firstOf(devices.listing, "device_id"),
    ];
    /** Makes the same call for an id of the first tenant and for an unknown id. */
    const crossing = async (
      what: string,
      call: (id: string) => readonly [`/v1/${string}`, Record<string, string>?],
      id: string,
    ) => ({
      theirs: await ask(`as another tenant, ${what} of the first tenant`, ...call(id)),
      unknown: await ask(`as another tenant, ${what} that does not exist`, ...call(chance.uuid(what))),
    });
    const [cursor] = cursorsOf(paging.inSmallPages);
    return {
      orgs: await list("orgs"),
      sites: await list("sites"),
      devices: await list("devices"),
      crossings: [
        await crossing("look up a device", (id) => [`/v1/devices/${segment(id)}`], deviceId),
        await crossing("list the devices of an org", (org_id) => ["/v1/devices", { org_id }], orgId),
        await crossing("list the devices of a site", (site_id) => ["/v1/devices", { site_id }], siteId),
        await crossing("list the sites of an org", (org_id) => ["/v1/sites", { org_id }], orgId),
      ],
      cursors:
        cursor === undefined
          ? []
          : [await ask("follow a cursor of the first tenant", "/v1/devices", { cursor })],
      foreignToken: await foreignToken({ discovery, devices }, credential, drive),
    };
  },
);
