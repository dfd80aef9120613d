import { changeManifest, type VendorMutants } from "./subjects/vendor-mutant.ts";

/** Of those that a listing is read again with; one that changes meanwhile, which is PAGE-009, is read with larger ones. */
const SMALL = 18;

export const paginationMutants: VendorMutants = {
  "page-001-repeats-at-the-seam": {
    breaks: "PAGE-001",
    defect: "each further small page starts with the last device of the page before",
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
    defect: "each further small page of sites starts with the last site of the page before",
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
    defect: "the first device of each further small page is skipped",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices") return;
        // Without a count, nothing but the ids gives it away.
        delete body.snapshot.total_count;
        if (query["cursor"] !== undefined && Number(query["limit"]) < SMALL) body.data.shift();
      },
    }),
  },

  "page-002-end-without-null": {
    breaks: "PAGE-002",
    defect: "the last page leaves next_cursor out",
    behaviour: () => ({
      answer: ({ body }) => {
        if (body?.next_cursor === null) delete body.next_cursor;
      },
    }),
  },

  "page-003-all-sites-at-once": {
    breaks: "PAGE-003",
    defect: "sites come all at once, whatever the limit",
    behaviour: () => ({
      receive: ({ path, query }) => {
        if (path === "/v1/sites") delete query["limit"];
      },
    }),
  },

  "page-003-twice-the-limit": {
    breaks: "PAGE-003",
    defect: "a page has twice as many devices as were asked for",
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
    defect: "every page names a snapshot of its own",
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
    defect: "an unknown cursor is answered with page one",
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
    defect: "total_count counts the page, not the listing",
    behaviour: () => ({
      answer: ({ body }) => {
        if (body?.snapshot) body.snapshot.total_count = body.data.length;
      },
    }),
  },

  "page-007-any-limit": {
    breaks: "PAGE-007",
    defect: "a limit that makes no sense is taken for the default",
    behaviour: () => ({
      receive: ({ query }) => {
        if (!/^[1-9][0-9]*$/.test(query["limit"] ?? "")) delete query["limit"];
      },
    }),
  },

  "page-008-more-than-the-maximum": {
    breaks: "PAGE-008",
    defect: "a limit larger than the manifest's largest page gets a larger page",
    // More devices than a page has.
    setUp: { mostBuildings: 4 },
    behaviour: () => ({
      answer: changeManifest((manifest) => {
        manifest.inventory.max_page_size = 500;
      }),
    }),
  },

  "page-008-refuses-the-maximum": {
    breaks: "PAGE-008",
    defect: "a limit larger than the largest page is refused",
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
    defect: "pages go on after a count of devices, so that a removal skips one",
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
    defect: "a device that moves while it is listed is listed at both sites",
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
          // In a listing of many pages alone: the others are read in one go.
          if (query["limit"] !== "500" && body.data.length > 1 && added !== null) body.data.push(added);
        },
      };
    },
  },
};
