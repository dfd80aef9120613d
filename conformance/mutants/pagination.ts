import { changeManifest, type VendorMutants } from "./subjects/vendor-mutant.ts";

/** Above the limit of the listings of PAGE-001, and below the limit of the changing listing of PAGE-009. */
const SMALL = 18;

export const paginationMutants: VendorMutants = {
  "page-001-repeats-at-the-seam": {
    breaks: "PAGE-001",
    defect: "each small page after the first starts with the last device of the previous page",
    behaviour: () => {
      let last: unknown;
      return {
        answer({ status, body }, { path, query }) {
          if (status !== 200 || path !== "/v1/devices" || !(Number(query["limit"]) < SMALL)) return;
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
    defect: "each small page of sites after the first starts with the last site of the previous page",
    behaviour: () => {
      let last: unknown;
      return {
        answer({ status, body }, { path, query }) {
          if (status !== 200 || path !== "/v1/sites" || query["limit"] === undefined) return;
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
    defect: "each small page after the first skips one device",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices") return;
        // With the count, PAGE-006 would fail too.
        delete body.snapshot.total_count;
        if (query["cursor"] !== undefined && Number(query["limit"]) < SMALL) body.data.shift();
      },
    }),
  },

  "page-002-end-without-null": {
    breaks: "PAGE-002",
    defect: "the last page lacks next_cursor",
    behaviour: () => ({
      answer: ({ body }) => {
        if (body?.next_cursor === null) delete body.next_cursor;
      },
    }),
  },

  "page-003-all-sites-at-once": {
    breaks: "PAGE-003",
    defect: "the site listing ignores the limit",
    behaviour: () => ({
      receive: ({ path, query }) => {
        if (path === "/v1/sites") delete query["limit"];
      },
    }),
  },

  "page-003-twice-the-limit": {
    breaks: "PAGE-003",
    defect: "a page has twice as many devices as the limit",
    behaviour: () => ({
      receive({ path, query }) {
        if (path !== "/v1/devices" || !/^[1-9]\d*$/.test(query["limit"] ?? "")) return;
        if (query["cursor"] === undefined) query["limit"] = String(Number(query["limit"]) * 2);
        else delete query["limit"];
      },
    }),
  },

  "page-004-new-snapshot-each-page": {
    breaks: "PAGE-004",
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

  "page-005-starts-over": {
    breaks: "PAGE-005",
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
    defect: "total_count is the size of the page, not of the listing",
    behaviour: () => ({
      answer: ({ body }) => {
        if (body?.snapshot) body.snapshot.total_count = body.data.length;
      },
    }),
  },

  "page-007-any-limit": {
    breaks: "PAGE-007",
    defect: "an invalid limit is replaced with the default",
    behaviour: () => ({
      receive: ({ query }) => {
        if (!/^[1-9][0-9]*$/.test(query["limit"] ?? "")) delete query["limit"];
      },
    }),
  },

  "page-008-more-than-the-maximum": {
    breaks: "PAGE-008",
    defect: "a limit above max_page_size returns a page larger than max_page_size",
    // More devices than fit on one page.
    setUp: { maxBuildings: 4 },
    behaviour: () => ({
      answer: changeManifest((manifest) => {
        manifest.inventory.max_page_size = 500;
      }),
    }),
  },

  "page-008-refuses-the-maximum": {
    breaks: "PAGE-008",
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

  "page-009-moved-twice": {
    breaks: "PAGE-009",
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
          // Only in listings of several pages; the others are read with a limit of 500.
          if (query["limit"] !== "500" && body.data.length > 1 && added !== null) body.data.push(added);
        },
      };
    },
  },
};
