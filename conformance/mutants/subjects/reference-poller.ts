import { setTimeout as wait } from "node:timers/promises";

/** A device as a vendor lists it. */
export interface ListedDevice {
  readonly device_id: string;
  readonly org_id: string;
  readonly type: string;
  readonly vendor_type?: string;
  readonly status: string;
  readonly vendor_status?: string;
  readonly status_observed_at?: string;
}

/** A page as a vendor serves it. */
export interface DevicePage {
  readonly data: readonly ListedDevice[];
  readonly next_cursor: string | null;
  readonly snapshot: { readonly id: string; readonly as_of: string; readonly total_count?: number };
}

/** What was read of a listing, however far that went. */
export interface ReadListing {
  readonly pages: readonly DevicePage[];
  readonly ended: "last_page" | "unreadable" | "given_up";
}

/** How a consumer polls, each part by itself, so that a mutant can do one of them wrongly. */
export interface PollerParts {
  /** Whether it polls after the first time. */
  readonly pollsAgain: boolean;
  /** Whether a cursor is followed. @param before those of the same listing */
  follows(cursor: string, before: readonly string[]): boolean;
  /** Which rules a listing keeps that is taken for complete; all must hold. */
  readonly rules: Readonly<Record<"end" | "snapshot" | "items" | "count", (read: ReadListing) => boolean>>;
  /** Whether what a complete listing lacks is taken for removed. */
  readonly removes: boolean;
  /** When a listed status was observed. */
  listedAt(device: ListedDevice, page: DevicePage): number;
  /** What a listed device's status comes to. */
  listedStatus(device: ListedDevice): string;
  /** How long to leave a vendor alone that asked for it. */
  patienceMs(retryAfterSeconds: number): number;
}

const itemsOf = ({ pages }: ReadListing) => pages.flatMap(({ data }) => data);

/** The parts of a consumer that polls as it should. */
export const rightPollerParts: PollerParts = {
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
  patienceMs: (retryAfterSeconds) => retryAfterSeconds * 1000,
};

/** What a poll came to: a listing, or the wish to be left alone for so many milliseconds. */
type Polled = ReadListing | { readonly busyMs: number };

async function read(
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
      return { busyMs: parts.patienceMs(Number(response.headers.get("retry-after"))) };
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

/** What is done with a listing that is complete. */
export type ApplyListing = (read: ReadListing) => void;

/**
 * Polls until it is aborted.
 *
 * @param apply given each listing that is taken for complete
 */
export async function poll(
  {
    baseUrl,
    apiKey,
    everyMs,
  }: { readonly baseUrl: string; readonly apiKey: string; readonly everyMs: number },
  parts: PollerParts,
  apply: ApplyListing,
  signal: AbortSignal,
): Promise<void> {
  do {
    const polled = await read(baseUrl, apiKey, parts, signal);
    const isComplete = "pages" in polled && Object.values(parts.rules).every((holds) => holds(polled));
    if (isComplete) apply(polled);
    await wait("busyMs" in polled ? Math.max(everyMs, polled.busyMs) : everyMs, undefined, { signal });
  } while (parts.pollsAgain);
}
