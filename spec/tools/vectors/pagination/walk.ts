import { DEVICE, event, SITE, SNAPSHOT, TOMBSTONE } from "../payloads/samples.ts";

/** One answer of the vendor: the page that it has at a cursor. */
interface Answer {
  /** What was asked with; null for page one. */
  readonly cursor: string | null;
  readonly page: object;
}

/** What may be listed: `device_changes` is the listing of devices with `since`. */
type Listing = "orgs" | "sites" | "devices" | "device_changes" | "events";

/** A listing as it is answered, and what a reader must conclude. */
export type Walk = {
  readonly name: string;
  readonly listing: Listing;
  readonly answers: readonly Answer[];
} & (
  | {
      readonly conclusion: "complete";
      readonly ids: readonly string[];
      readonly removed_ids?: readonly string[];
      readonly sync_token?: string;
    }
  | {
      readonly conclusion: "broken";
      readonly code: string;
      readonly requirement: string;
      readonly explanation: string;
    }
);

/** A device of this id; below it what is left of one, and a site. */
export const device = (id: string) => ({ ...DEVICE, device_id: id });
export const tombstone = (id: string) => ({ ...TOMBSTONE, device_id: id });
export const site = (id: string) => ({ ...SITE, site_id: id });
/** An event of this id. */
export const happened = (id: string) => ({
  ...event("device.heartbeat", { device_id: "cam_1", status: "online", last_seen_at: SNAPSHOT.as_of }),
  id,
});

/** A page of a listing, with the cursor that it gives. */
export const page = (data: readonly object[], next_cursor: string | null, changes: object = {}) => ({
  data,
  next_cursor,
  snapshot: SNAPSHOT,
  ...changes,
});
/** What makes a page promise so many items. */
export const counted = (total_count: number | null) => ({ snapshot: { ...SNAPSHOT, total_count } });

/** Pages as a chain: each is at the cursor that the one before it gave. */
export const chain = (...pages: readonly { readonly next_cursor: string | null }[]): readonly Answer[] =>
  pages.map((each, index) => ({ cursor: pages[index - 1]?.next_cursor ?? null, page: each }));

/** A listing that is complete, with the ids that it has. */
export const complete = (
  name: string,
  listing: Listing,
  answers: readonly Answer[],
  ids: readonly string[],
  more: { readonly removed_ids?: readonly string[]; readonly sync_token?: string } = {},
): Walk => ({ name, listing, answers, conclusion: "complete", ids, ...more });

/** A listing that must not be taken for complete, and why. */
export const broken = (
  name: string,
  listing: Listing,
  answers: readonly Answer[],
  [code, requirement, explanation]: readonly [code: string, requirement: string, explanation: string],
): Walk => ({ name, listing, answers, conclusion: "broken", code, requirement, explanation });

/** Four devices. */
export const [a, b, c, d] = [device("a"), device("b"), device("c"), device("d")];
