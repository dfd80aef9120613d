import { type Answer, type Behaviour, changeManifest, type VendorMutants } from "./subjects/vendor-mutant.ts";

/**
 * Recognizes the small pages of PAGE-001. Their limit is below that of other listings. The suite also reads
 * them before it adds a device for the listing of PAGE-009, which has small pages too.
 */
function createSmallPageFilter(): (request: {
  path: string;
  query: Readonly<Record<string, unknown>>;
}) => boolean {
  let isChanging = false;
  return ({ path, query }) => {
    isChanging ||= path === "/sandbox/devices";
    const isFiltered = ["site_id", "org_id", "system_id"].some((name) => query[name] !== undefined);
    return path === "/v1/devices" && !isChanging && !isFiltered && Number(query["limit"]) < 18;
  };
}

/**
 * Lists devices in the order in which they were added, and continues each page at an offset.
 *
 * @param isNewestFirst whether the last added device comes first
 */
function pageByOffset(isNewestFirst: boolean): Behaviour {
  const order: string[] = [];
  const listings = new Map<
    string,
    { readonly limit: number; readonly offset: number; first: Answer["body"] }
  >();
  const asked = new WeakMap<object, { readonly limit: number; readonly cursor: string | undefined }>();
  return {
    receive({ path, query, headers }) {
      const { cursor, limit = "100", ...filters } = query;
      const isOther = Object.keys(filters).length > 0 || !/^[1-9]\d*$/.test(limit);
      if (path !== "/v1/devices" || isOther || (cursor !== undefined && !listings.has(cursor))) return;
      asked.set(headers, { limit: Math.min(Number(limit), 1000), cursor });
      delete query["cursor"];
      query["limit"] = "1000";
      if (cursor !== undefined) delete headers["if-none-match"];
    },
    answer({ status, body }, { headers }) {
      const call = asked.get(headers);
      if (!call || status !== 200) return;
      const known = new Set(order);
      const ids: string[] = body.data.map(({ device_id }: { device_id: string }) => device_id);
      order.push(...ids.filter((id) => !known.has(id)));
      const places = new Map(order.map((id, place) => [id, isNewestFirst ? -place : place]));
      const placeOf = ({ device_id }: { device_id: string }) => places.get(device_id) ?? 0;
      const all = body.data.toSorted((one: never, other: never) => placeOf(one) - placeOf(other));
      const { offset = 0, first = body } = listings.get(call.cursor ?? "") ?? {};
      const end = offset + call.limit;
      body.data = all.slice(offset, end);
      body.snapshot = first.snapshot;
      body.next_cursor = null;
      if (end >= all.length) {
        body.sync_token = first.sync_token;
        return;
      }
      body.next_cursor = `offset.${listings.size}`;
      listings.set(body.next_cursor, { limit: call.limit, offset: end, first: { ...first } });
      delete body.sync_token;
    },
  };
}

export const paginationMutants: VendorMutants = {
  "page-001-repeats-at-the-seam": {
    breaks: "PAGE-001",
    operator: "boundary",
    defect: "each small page after the first starts with the last device of the previous page",
    behaviour: () => {
      let last: unknown;
      const isSmallPage = createSmallPageFilter();
      return {
        answer({ status, body }, request) {
          if (!isSmallPage(request) || status !== 200) return;
          const { query } = request;
          delete body.snapshot.total_count;
          const own = body.data.at(-1);
          if (query["cursor"] !== undefined) body.data[0] = last;
          last = own;
        },
      };
    },
  },

  "page-001-sites-repeat-at-the-seam": {
    breaks: "PAGE-001",
    operator: "boundary",
    defect: "each small page of sites after the first starts with the last site of the previous page",
    behaviour: () => {
      let last: unknown;
      return {
        answer({ status, body }, { path, query }) {
          if (status !== 200 || path !== "/v1/sites" || query["limit"] === undefined || query["org_id"])
            return;
          delete body.snapshot.total_count;
          const own = body.data.at(-1);
          if (query["cursor"] !== undefined) body.data[0] = last;
          last = own;
        },
      };
    },
  },

  "page-001-skips-at-the-seam": {
    breaks: "PAGE-001",
    operator: "boundary",
    sharesNoRun: true,
    defect: "each small page after the first skips one device",
    behaviour: () => {
      const isSmallPage = createSmallPageFilter();
      return {
        answer({ status, body }, request) {
          const isSmall = isSmallPage(request);
          if (status !== 200 || request.path !== "/v1/devices") return;
          // With a total_count, the page would fail PAGE-006 too.
          delete body.snapshot.total_count;
          if (request.query["cursor"] !== undefined && isSmall) body.data.shift();
        },
      };
    },
  },

  "page-001-skips-with-the-default": {
    breaks: "PAGE-001",
    operator: "scope",
    defect: "without a limit, each page after the first skips one device",
    behaviour: () => {
      const cursors = new Set<string>();
      return {
        answer({ status, body }, { path, query }) {
          if (status !== 200 || path !== "/v1/devices" || query["since"] || query["limit"] !== undefined)
            return;
          delete body.snapshot.total_count;
          if (query["cursor"] !== undefined && cursors.has(query["cursor"])) body.data.shift();
          if (body.next_cursor !== null) cursors.add(body.next_cursor);
        },
      };
    },
  },

  "page-001-one-a-page-stands-still": {
    breaks: "PAGE-001",
    operator: "boundary",
    defect: "with a limit of 1, the second page repeats the device of the first",
    behaviour: () => {
      let first: Answer["body"] = null;
      return {
        answer({ status, body }, { path, query }) {
          if (status !== 200 || path !== "/v1/devices" || query["limit"] !== "1" || query["since"]) return;
          if (Object.keys(query).length > 2) return;
          if (query["cursor"] === undefined) first = body;
          else if (query["cursor"] === first?.next_cursor) body.data = first.data;
        },
      };
    },
  },

  "page-002-end-without-null": {
    breaks: "PAGE-002",
    operator: "boundary",
    defect: "the last page lacks next_cursor",
    behaviour: () => ({
      answer: ({ body }) => {
        if (body?.next_cursor === null) delete body.next_cursor;
      },
    }),
  },

  "page-003-all-sites-at-once": {
    breaks: "PAGE-003",
    operator: "scope",
    sharesNoRun: true,
    defect: "the site listing ignores the limit",
    behaviour: () => ({
      receive: ({ path, query }) => {
        if (path === "/v1/sites" && /^[1-9]\d*$/.test(query["limit"] ?? "")) delete query["limit"];
      },
    }),
  },

  "page-003-twice-the-limit": {
    breaks: "PAGE-003",
    operator: "plain",
    sharesNoRun: true,
    defect: "a page has twice as many devices as the limit",
    behaviour: () => ({
      receive({ path, query }) {
        if (path !== "/v1/devices" || !/^[1-9]\d*$/.test(query["limit"] ?? "")) return;
        if (query["cursor"] === undefined) query["limit"] = String(Number(query["limit"]) * 2);
        else delete query["limit"];
      },
    }),
  },

  "page-003-a-thousand-by-default": {
    breaks: "PAGE-003",
    operator: "boundary",
    sharesNoRun: true,
    defect: "without a limit, a page of devices has up to 1000 entries",
    behaviour: () => ({
      receive({ path, query }) {
        if (path === "/v1/devices" && query["cursor"] === undefined) query["limit"] ??= "1000";
      },
    }),
  },

  "page-004-new-snapshot-each-page": {
    breaks: "PAGE-004",
    operator: "plain",
    defect: "every page has a different snapshot id",
    behaviour: () => {
      let pages = 0;
      return {
        answer: ({ body }) => {
          if (body?.snapshot) body.snapshot.id = `snap_${pages++}`;
        },
      };
    },
  },

  "page-004-new-snapshot-after-a-change": {
    breaks: "PAGE-004",
    operator: "omission",
    defect:
      "if a device is added, moved or removed while pages are read, the later pages have another snapshot id",
    alsoRecord: ["changingInventory"],
    behaviour: () => {
      let version = 0;
      return {
        answer({ status, body }, { method, path }) {
          if (method !== "GET" && path.startsWith("/sandbox/devices")) version += 1;
          if (status === 200 && path === "/v1/devices" && version > 0) body.snapshot.id += `.${version}`;
        },
      };
    },
  },

  "page-005-any-filter-will-do": {
    breaks: "PAGE-005",
    operator: "combination",
    defect: "a cursor works with any filter",
    behaviour: () => ({
      receive({ path, query }) {
        if (path !== "/v1/devices" || query["cursor"] === undefined || query["since"] !== undefined) return;
        delete query["site_id"];
        delete query["org_id"];
      },
    }),
  },

  "page-005-any-system-will-do": {
    breaks: "PAGE-005",
    operator: "combination",
    defect: "a cursor works with any filter by system",
    behaviour: () => ({
      receive({ path, query }) {
        if (path === "/v1/devices" && query["cursor"] !== undefined) delete query["system_id"];
      },
    }),
  },

  "page-005-corrects-a-typo": {
    breaks: "PAGE-005",
    operator: "boundary",
    defect: "a cursor of devices with one wrong character is accepted",
    behaviour: () => {
      const issued = new Set<string>();
      const isTypoOf = (cursor: string, other: string) =>
        cursor.length === other.length &&
        [...cursor].filter((each, place) => each !== other[place]).length === 1;
      return {
        receive({ path, query }) {
          const { cursor } = query;
          if (path !== "/v1/devices" || cursor === undefined || issued.has(cursor)) return;
          query["cursor"] = [...issued].find((each) => isTypoOf(cursor, each)) ?? cursor;
        },
        answer({ body }) {
          if (typeof body?.next_cursor === "string") issued.add(body.next_cursor);
        },
      };
    },
  },

  "page-005-sites-start-over": {
    breaks: "PAGE-005",
    operator: "scope",
    defect: "an unknown cursor of sites returns the first page",
    behaviour: () => {
      const issued = new Set<string>();
      return {
        receive({ path, query }) {
          if (path === "/v1/sites" && !issued.has(query["cursor"] ?? "")) delete query["cursor"];
        },
        answer({ body }) {
          if (typeof body?.next_cursor === "string") issued.add(body.next_cursor);
        },
      };
    },
  },

  "page-005-starts-over": {
    breaks: "PAGE-005",
    operator: "plain",
    defect: "an unknown cursor returns the first page",
    behaviour: () => {
      const issued = new Set<string>();
      return {
        receive({ query }) {
          if (query["cursor"] !== undefined && !issued.has(query["cursor"])) delete query["cursor"];
        },
        answer({ body }) {
          if (typeof body?.next_cursor === "string") issued.add(body.next_cursor);
        },
      };
    },
  },

  "page-006-counts-the-page": {
    breaks: "PAGE-006",
    operator: "plain",
    defect: "total_count is the size of the page, not of the listing",
    behaviour: () => ({
      answer: ({ body }) => {
        if (body?.snapshot) body.snapshot.total_count = body.data.length;
      },
    }),
  },

  "page-007-any-limit": {
    breaks: "PAGE-007",
    operator: "plain",
    defect: "an invalid limit is replaced with the default",
    behaviour: () => ({
      receive: ({ query }) => {
        if (!/^[1-9][0-9]*$/.test(query["limit"] ?? "")) delete query["limit"];
      },
    }),
  },

  "page-007-any-limit-of-orgs": {
    breaks: "PAGE-007",
    operator: "scope",
    defect: "an invalid limit of orgs is replaced with the default",
    behaviour: () => ({
      receive: ({ path, query }) => {
        if (path === "/v1/orgs" && !/^[1-9][0-9]*$/.test(query["limit"] ?? "")) delete query["limit"];
      },
    }),
  },

  "page-008-a-hundred-at-most": {
    breaks: "PAGE-008",
    operator: "boundary",
    defect: "a page never has more than 50 devices, although max_page_size is 1000",
    setUp: { maxChildren: 12 },
    behaviour: () => ({
      receive({ path, query }) {
        if (path === "/v1/devices" && Number(query["limit"]) > 50) query["limit"] = "50";
      },
    }),
  },

  "page-008-default-above-the-maximum": {
    breaks: "PAGE-008",
    operator: "boundary",
    defect: "a limit above max_page_size is replaced with the default",
    behaviour: () => ({
      receive({ path, query }) {
        if (path === "/v1/devices" && Number(query["limit"]) > 1000) delete query["limit"];
      },
    }),
  },

  "page-008-overflows": {
    breaks: "PAGE-008",
    operator: "boundary",
    defect: "a limit that does not fit into 32 bits is refused",
    behaviour: () => ({
      answer(answer, { path, query }) {
        if (path !== "/v1/devices" || !(Number(query["limit"]) >= 2 ** 31)) return;
        answer.status = 400;
        answer.headers["content-type"] = "application/problem+json";
        answer.body = { title: "Invalid limit", status: 400, code: "invalid_limit" };
      },
    }),
  },

  "page-008-more-than-the-maximum": {
    breaks: "PAGE-008",
    operator: "boundary",
    defect: "a limit above max_page_size returns a page larger than max_page_size",
    // The estate has more devices than fit on one page.
    setUp: { maxBuildings: 4, maxChildren: 12 },
    behaviour: () => ({
      answer: changeManifest((manifest) => {
        manifest.inventory.max_page_size = 500;
      }),
    }),
  },

  "page-008-refuses-the-maximum": {
    breaks: "PAGE-008",
    operator: "boundary",
    defect: "a limit above max_page_size is refused",
    behaviour: () => ({
      answer(answer, { path, query }) {
        if (path !== "/v1/devices" || !(Number(query["limit"]) > 1000)) return;
        answer.status = 400;
        answer.headers["content-type"] = "application/problem+json";
        answer.body = { title: "Invalid limit", status: 400, code: "invalid_limit" };
      },
    }),
  },

  "page-009-counts-devices": {
    breaks: "PAGE-009",
    operator: "omission",
    defect: "pages continue at an offset, so removing a device skips another",
    behaviour: () => {
      let removed = false;
      return {
        answer({ status, body }, { method, path, query }) {
          if (method === "DELETE" && path.startsWith("/sandbox/devices/")) removed = true;
          if (status !== 200 || path !== "/v1/devices") return;
          const isLater = query["cursor"] !== undefined;
          if (isLater && removed && body.data.length > 1) {
            body.data.shift();
            delete body.snapshot.total_count;
          }
          removed = false;
        },
      };
    },
  },

  "page-009-offset-newest-first": {
    breaks: "PAGE-009",
    operator: "omission",
    defect: "pages continue at an offset, in order of creation, newest first",
    behaviour: () => pageByOffset(true),
  },

  "page-009-offset-oldest-first": {
    breaks: "PAGE-009",
    operator: "omission",
    sharesNoRun: true,
    defect: "pages continue at an offset, in order of creation, oldest first",
    behaviour: () => pageByOffset(false),
  },

  "page-009-in-order-of-the-last-change": {
    breaks: "PAGE-009",
    operator: "omission",
    defect:
      "devices are listed by their last change, latest first, so a device that changes while pages are read is skipped",
    behaviour: () => {
      const listed = new Map<string, Set<string>>();
      const changed = new Map<string, Set<string>>();
      return {
        answer({ status, body }, { method, path, query }) {
          if (status === 200 && method === "POST" && path.startsWith("/sandbox/devices/"))
            for (const ids of changed.values()) ids.add(body.device_id);
          if (status !== 200 || path !== "/v1/devices" || query["since"] !== undefined) return;
          const { id } = body.snapshot;
          if (query["cursor"] === undefined) {
            listed.set(id, new Set());
            changed.set(id, new Set());
          }
          const [before, skipped] = [listed.get(id), changed.get(id)];
          const all = body.data.length;
          body.data = body.data.filter(
            ({ device_id }: Answer["body"]) => before?.has(device_id) || !skipped?.has(device_id),
          );
          if (body.data.length < all) delete body.snapshot.total_count;
          for (const { device_id } of body.data) before?.add(device_id);
        },
      };
    },
  },

  "page-009-moved-twice": {
    breaks: "PAGE-009",
    operator: "omission",
    defect: "a device that moves during the listing is listed at both sites",
    behaviour: () => {
      let added: unknown = null;
      let moves = 0;
      return {
        answer({ status, body }, { method, path, query }) {
          if (method === "POST" && path === "/sandbox/devices") added ??= body;
          if (method === "DELETE") added = null;
          if (path.endsWith("/move") && status === 200) {
            added = body;
            moves += 1;
          }
          if (status !== 200 || path !== "/v1/devices" || query["cursor"] === undefined || moves === 0)
            return;
          // Changes only listings of several pages. The other listings are read with a limit of 500.
          if (query["limit"] !== "500" && body.data.length > 1 && added !== null) body.data.push(added);
        },
      };
    },
  },

  "page-011-as-of-in-five-hours": {
    breaks: "PAGE-011",
    operator: "plain",
    defect: "as_of of device listings is local time marked as UTC, five hours in the future",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status !== 200 || path !== "/v1/devices") return;
        body.snapshot.as_of = new Date(Date.parse(body.snapshot.as_of) + 5 * 3_600_000).toISOString();
      },
    }),
  },

  "page-011-as-of-of-a-cache": {
    breaks: "PAGE-011",
    operator: "staleness",
    defect:
      "the listing of a site shows cached statuses from the start of the run, with the as_of of the response",
    behaviour: () => {
      const cached = new Map<string, string>();
      return {
        answer({ status, body }, { path, query }) {
          if (status !== 200 || path !== "/v1/devices" || query["since"] !== undefined) return;
          for (const device of body.data) {
            if (!cached.has(device.device_id)) cached.set(device.device_id, device.status);
            if (query["site_id"] !== undefined) device.status = cached.get(device.device_id);
          }
        },
      };
    },
  },
};
