import { filterChanges, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const incrementalSyncMutants: VendorMutants = {
  "sync-001-a-token-too-soon": {
    breaks: "SYNC-001",
    defect: "the first page has a sync_token, even if more pages follow",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status === 200 && path === "/v1/devices") body.sync_token ??= "too-soon";
      },
    }),
  },

  "sync-001-no-token-at-all": {
    breaks: "SYNC-001",
    defect: "incremental sync is declared, but no listing has a sync_token",
    behaviour: () => ({
      answer: ({ body }) => {
        delete body?.sync_token;
      },
    }),
  },

  "sync-001-none-with-a-filter": {
    breaks: "SYNC-001",
    defect: "a filtered listing has no sync_token",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status === 200 && path === "/v1/devices" && query["org_id"] !== undefined) delete body.sync_token;
      },
    }),
  },

  "sync-002-halves-of-records": {
    breaks: "SYNC-002",
    defect: "changed devices are listed with only their id and status",
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
    defect: "a status change is not listed as a change",
    behaviour: () => ({
      answer: filterChanges(
        (device) => device.lifecycle === "removed" || device.name.startsWith("Conformance"),
      ),
    }),
  },

  "sync-003-no-tombstones": {
    breaks: "SYNC-003",
    defect: "removed devices are not listed as changes",
    behaviour: () => ({
      answer: filterChanges((device) => device.lifecycle !== "removed"),
    }),
  },

  "sync-003-nobody-knows-when": {
    breaks: "SYNC-003",
    defect: "a tombstone lacks removed_at",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices" || query["since"] === undefined) return;
        for (const device of body.data) if (device.lifecycle === "removed") delete device.removed_at;
      },
    }),
  },

  "sync-006-any-filter-will-do": {
    breaks: "SYNC-006",
    defect: "a sync token works with any filter",
    behaviour: () => {
      const seen = new Set<string>();
      return {
        receive({ path, query }) {
          const { since, site_id } = query;
          if (path !== "/v1/devices" || since === undefined) return;
          // A token that was used without a filter was issued without one.
          if (site_id === undefined) seen.add(since);
          else if (seen.has(since)) delete query["site_id"];
        },
      };
    },
  },

  "sync-006-starts-over": {
    breaks: "SYNC-006",
    defect: "an unknown sync token starts a full listing",
    behaviour: () => ({
      receive({ path, query }) {
        if (path === "/v1/devices" && !query["since"]?.includes(".")) delete query["since"];
      },
    }),
  },

  "sync-007-not-found": {
    breaks: "SYNC-007",
    defect: "a listing by since is answered with 404 if nothing has changed",
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
    defect: "a filtered listing by since omits devices that moved out of the filter",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        const { since, site_id } = query;
        if (status !== 200 || path !== "/v1/devices" || since === undefined || site_id === undefined) return;
        body.data = body.data.filter((device: { site_id: string }) => device.site_id === site_id);
      },
    }),
  },
};
