import { changesListed, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const incrementalSyncMutants: VendorMutants = {
  "sync-001-a-token-too-soon": {
    breaks: "SYNC-001",
    defect: "the first page has a sync_token, whatever follows",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status === 200 && path === "/v1/devices") body.sync_token ??= "too-soon";
      },
    }),
  },

  "sync-001-no-token-at-all": {
    breaks: "SYNC-001",
    defect: "incremental sync is declared, and no listing has a sync_token",
    behaviour: () => ({
      answer: ({ body }) => {
        delete body?.sync_token;
      },
    }),
  },

  "sync-001-none-with-a-filter": {
    breaks: "SYNC-001",
    defect: "a listing with a filter has no sync_token",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status === 200 && path === "/v1/devices" && query["org_id"] !== undefined) delete body.sync_token;
      },
    }),
  },

  "sync-002-halves-of-records": {
    breaks: "SYNC-002",
    defect: "what has changed is listed with its id and status alone",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices" || query["since"] === undefined || query["site_id"])
          return;
        body.data = body.data.map((device: { lifecycle: string; device_id: string; status: string }) =>
          device.lifecycle === "removed" ? device : { device_id: device.device_id, status: device.status },
        );
      },
    }),
  },

  "sync-002-statuses-do-not-count": {
    breaks: "SYNC-002",
    defect: "a change of status is no change",
    behaviour: () => ({
      answer: changesListed(
        (device) => device.lifecycle === "removed" || device.name.startsWith("Conformance"),
      ),
    }),
  },

  "sync-003-no-tombstones": {
    breaks: "SYNC-003",
    defect: "what was removed is not listed any more",
    behaviour: () => ({
      answer: changesListed((device) => device.lifecycle !== "removed"),
    }),
  },

  "sync-003-nobody-knows-when": {
    breaks: "SYNC-003",
    defect: "a tombstone does not say when the device was removed",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices" || query["since"] === undefined) return;
        for (const device of body.data) if (device.lifecycle === "removed") delete device.removed_at;
      },
    }),
  },

  "sync-006-any-filter-will-do": {
    breaks: "SYNC-006",
    defect: "a token is good for every filter",
    behaviour: () => {
      const seen = new Set<string>();
      return {
        receive({ path, query }) {
          const { since, site_id } = query;
          if (path !== "/v1/devices" || since === undefined) return;
          // Sent without a filter before, so given without one.
          if (site_id === undefined) seen.add(since);
          else if (seen.has(since)) delete query["site_id"];
        },
      };
    },
  },

  "sync-006-starts-over": {
    breaks: "SYNC-006",
    defect: "a token that it does not know starts a full listing",
    behaviour: () => ({
      receive({ path, query }) {
        if (path === "/v1/devices" && !query["since"]?.includes(".")) delete query["since"];
      },
    }),
  },

  "sync-007-not-found": {
    breaks: "SYNC-007",
    defect: "when nothing has changed there is nothing to be found",
    behaviour: () => ({
      answer(answer, { path, query }) {
        if (answer.status !== 200 || path !== "/v1/devices" || query["since"] === undefined) return;
        if (answer.body.data.length > 0) return;
        answer.status = 404;
        answer.headers["content-type"] = "application/problem+json";
        answer.body = { type: "about:blank", title: "Nothing", status: 404, code: "not_found" };
      },
    }),
  },

  "sync-008-the-filter-as-it-is-now": {
    breaks: "SYNC-008",
    defect: "by since a filter lists what is within it now",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        const { since, site_id } = query;
        if (status !== 200 || path !== "/v1/devices" || since === undefined || site_id === undefined) return;
        body.data = body.data.filter((device: { site_id: string }) => device.site_id === site_id);
      },
    }),
  },
};
