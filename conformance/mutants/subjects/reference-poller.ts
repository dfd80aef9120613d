import { type Clock, sleep } from "../../src/harness/clock.ts";

/** A device in a vendor's listing. */
interface ListedDevice {
  readonly device_id: string;
  readonly org_id: string;
  readonly type: string;
  readonly vendor_type?: string;
  readonly status: string;
  readonly vendor_status?: string;
  readonly status_observed_at?: string;
}

/** A page of a vendor's listing. */
interface DevicePage {
  readonly data: readonly ListedDevice[];
  readonly next_cursor: string | null;
  readonly snapshot: { readonly id: string; readonly as_of: string; readonly total_count?: number };
}

/** The pages of a listing that were read before reading ended. */
export interface ReadListing {
  readonly pages: readonly DevicePage[];
  readonly ended: "last_page" | "unreadable" | "given_up";
}

/**
 * The behaviour of a consumer that polls. The behaviour is split into parts, so that a mutant can replace one
 * part.
 */
export interface PollerParts {
  /** Whether the consumer polls again after the first poll. */
  readonly pollsAgain: boolean;
  /** Decides whether to follow a cursor. @param before the earlier cursors of the same listing */
  follows(cursor: string, before: readonly string[]): boolean;
  /** The rules that a complete listing must meet. */
  readonly rules: Readonly<Record<"end" | "snapshot" | "items" | "count", (read: ReadListing) => boolean>>;
  /** Whether a device that a complete listing lacks is removed. */
  readonly removes: boolean;
  /** Returns when a listed status was observed. */
  listedAt(device: ListedDevice, page: DevicePage): number;
  /** Maps the status of a listed device. */
  listedStatus(device: ListedDevice): string;
  /** Returns how long to wait after a 429. */
  retryDelayMs(retryAfterSeconds: number): number;
}

const itemsOf = ({ pages }: ReadListing) => pages.flatMap(({ data }) => data);

/** The parts of a poller without a defect. */
export const correctPollerParts: PollerParts = {
  pollsAgain: true,
  follows: (cursor, before) => !before.includes(cursor),
  rules: {
    end: ({ ended }) => ended === "last_page",
    snapshot: ({ pages }) => new Set(pages.map(({ snapshot }) => snapshot.id)).size === 1,
    items: (read) => new Set(itemsOf(read).map(({ device_id }) => device_id)).size === itemsOf(read).length,
    count: (read) =>
      read.pages.every(
        ({ snapshot }) => (snapshot.total_count ?? itemsOf(read).length) === itemsOf(read).length,
      ),
  },
  removes: true,
  listedAt: ({ status_observed_at }, { snapshot }) => Date.parse(status_observed_at ?? snapshot.as_of),
  listedStatus: ({ status }) => status,
  retryDelayMs: (retryAfterSeconds) => retryAfterSeconds * 1000,
};

/** The result of a poll: a listing, or how long the vendor asked to wait. */
type Polled = ReadListing | { readonly retryDelayMs: number };

async function readListing(
  baseUrl: string,
  apiKey: string,
  parts: PollerParts,
  signal: AbortSignal,
): Promise<Polled> {
  const pages: DevicePage[] = [];
  const cursors: string[] = [];
  for (;;) {
    const url = new URL("/v1/devices", baseUrl);
    const cursor = cursors.at(-1);
    if (cursor !== undefined) url.searchParams.set("cursor", cursor);
    const response = await fetch(url, { headers: { authorization: `Bearer ${apiKey}` }, signal });
    const text = await response.text();
    if (response.status === 429)
      return { retryDelayMs: parts.retryDelayMs(Number(response.headers.get("retry-after"))) };
    let page: DevicePage;
    try {
      if (response.status !== 200) throw new Error(`answered ${response.status}`);
      page = JSON.parse(text);
    } catch {
      return { pages, ended: "unreadable" };
    }
    pages.push(page);
    const next = page.next_cursor;
    if (next === null) return { pages, ended: "last_page" };
    if (!parts.follows(next, cursors)) return { pages, ended: "given_up" };
    cursors.push(next);
  }
}

/** Applies a complete listing. */
export type ApplyListing = (read: ReadListing) => void;

/** The vendor to poll, and how often. */
export interface PollTarget {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly everyMs: number;
}

/** Polls until the signal aborts. @param apply called with each listing that the rules accept as complete */
export async function poll(
  { baseUrl, apiKey, everyMs }: PollTarget,
  parts: PollerParts,
  apply: ApplyListing,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  do {
    const polled = await readListing(baseUrl, apiKey, parts, signal);
    const isComplete = "pages" in polled && Object.values(parts.rules).every((holds) => holds(polled));
    if (isComplete) apply(polled);
    const delayMs = "retryDelayMs" in polled ? Math.max(everyMs, polled.retryDelayMs) : everyMs;
    await sleep(clock, delayMs, signal);
  } while (parts.pollsAgain);
}
