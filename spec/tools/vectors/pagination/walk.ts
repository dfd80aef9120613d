import { DEVICE, event, SITE, SNAPSHOT, TOMBSTONE } from "../payloads/samples.ts";

/** One response of the vendor: the page for a cursor. */
interface Answer {
  /** The requested cursor; null for page one. */
  readonly cursor: string | null;
  readonly page: object;
}

/** The kinds of listing; `device_changes` is the listing of devices with `since`. */
type Listing = "orgs" | "sites" | "devices" | "device_changes" | "events";

/** A listing as the vendor returns it, and the conclusion that a reader must draw. */
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

/** Builds a device with this id; the next two functions build a tombstone and a site. */
export const device = (id: string) => ({ ...DEVICE, device_id: id });
export const tombstone = (id: string) => ({ ...TOMBSTONE, device_id: id });
export const site = (id: string) => ({ ...SITE, site_id: id });
/** Builds an event with this id. */
export const happened = (id: string) => ({
  ...event("device.heartbeat", { device_id: "cam_1", status: "online", last_seen_at: SNAPSHOT.as_of }),
  id,
});

/** Builds a page of a listing, with its next cursor. */
export const page = (data: readonly object[], next_cursor: string | null, changes: object = {}) => ({
  data,
  next_cursor,
  snapshot: SNAPSHOT,
  ...changes,
});
/** Builds the `changes` of a page that set its `total_count`. */
export const counted = (total_count: number | null) => ({ snapshot: { ...SNAPSHOT, total_count } });

/** Chains pages: each page answers the cursor that the previous page returned. */
export const chain = (...pages: readonly { readonly next_cursor: string | null }[]): readonly Answer[] =>
  pages.map((each, index) => ({ cursor: pages[index - 1]?.next_cursor ?? null, page: each }));

/** Builds the case of a complete listing, with the ids of its items. */
export const complete = (
  name: string,
  listing: Listing,
  answers: readonly Answer[],
  ids: readonly string[],
  more: { readonly removed_ids?: readonly string[]; readonly sync_token?: string } = {},
): Walk => ({ name, listing, answers, conclusion: "complete", ids, ...more });

/** Builds the case of a broken listing, with the reason. */
export const broken = (
  name: string,
  listing: Listing,
  answers: readonly Answer[],
  [code, requirement, explanation]: readonly [code: string, requirement: string, explanation: string],
): Walk => ({ name, listing, answers, conclusion: "broken", code, requirement, explanation });

/** Four devices. */
export const [a, b, c, d] = [device("a"), device("b"), device("c"), device("d")];
