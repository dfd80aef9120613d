import {
  type Answer,
  type Behaviour,
  changeManifest,
  filterChanges,
  type VendorMutants,
} from "./subjects/vendor-mutant.ts";

/**
 * Changes the manifest and the catalogue to those of a vendor that offers only polling and sandbox control.
 */
const offerOnlyPolling = (
  answer: Answer,
  request: Parameters<ReturnType<typeof changeManifest>>[1],
): void => {
  changeManifest((manifest) => {
    delete manifest.webhooks;
    delete manifest.backfill;
    manifest.event_types = [];
    manifest.sandbox.commands = ["status", "add_device", "move_device", "remove_device"];
    for (const type of manifest.device_types) type.status_from = ["inventory"];
  })(answer, request);
  if (request.path === "/v1/event-catalog" && answer.status === 200) answer.body.data = [];
};

/**
 * For a listing of several pages, issues a sync token of the moment of the last page. The changes made while
 * the pages were read then never appear in a listing by `since`.
 */
function loseChangesBetweenPages(isLost: (device: Answer["body"]) => boolean): Behaviour {
  const open = new Map<string, Set<string>>();
  const lost = new Map<string, ReadonlySet<string>>();
  return {
    answer({ status, body }, { method, path, query }) {
      const id = body?.device_id ?? /^\/sandbox\/devices\/([^/]+)/.exec(path)?.[1];
      if (method !== "GET" && path.startsWith("/sandbox/devices") && status < 300)
        for (const ids of open.values()) ids.add(id);
      if (status !== 200 || path !== "/v1/devices") return;
      const { since, cursor } = query;
      if (since !== undefined) {
        const ids = lost.get(since);
        const all = body.data.length;
        body.data = body.data.filter(
          (device: Answer["body"]) => !ids?.has(device.device_id) || !isLost(device),
        );
        if (body.data.length < all) delete body.snapshot.total_count;
        return;
      }
      if (cursor === undefined && body.next_cursor !== null) open.set(body.snapshot.id, new Set());
      const ids = open.get(body.snapshot.id);
      if (ids && body.sync_token) {
        lost.set(body.sync_token, ids);
        open.delete(body.snapshot.id);
      }
    },
  };
}

export const incrementalSyncMutants: VendorMutants = {
  "sync-001-a-token-too-soon": {
    breaks: "SYNC-001",
    operator: "boundary",
    sharesNoRun: true,
    defect: "the first page has a sync_token, even if more pages follow",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status === 200 && path === "/v1/devices") body.sync_token ??= "too-soon";
      },
    }),
  },

  "sync-001-no-token-at-all": {
    breaks: "SYNC-001",
    operator: "plain",
    defect: "incremental sync is declared, but no listing has a sync_token",
    behaviour: () => ({
      answer: ({ body }) => {
        delete body?.sync_token;
      },
    }),
  },

  "sync-001-none-with-a-filter": {
    breaks: "SYNC-001",
    operator: "scope",
    sharesNoRun: true,
    defect: "a filtered listing has no sync_token",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status === 200 && path === "/v1/devices" && query["org_id"] !== undefined) delete body.sync_token;
      },
    }),
  },

  "sync-001-none-with-a-system": {
    breaks: "SYNC-001",
    operator: "scope",
    sharesNoRun: true,
    defect: "a listing filtered by a system has no sync_token",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices" || query["system_id"] === undefined) return;
        if (query["since"] === undefined) delete body.sync_token;
      },
    }),
  },

  "sync-002-changes-end-after-a-page": {
    breaks: "SYNC-002",
    operator: "persistence",
    defect: "only the first page of the changes is listed",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices" || query["since"] === undefined) return;
        if (body.next_cursor === null) return;
        body.next_cursor = null;
        body.sync_token = query["since"];
        delete body.snapshot.total_count;
      },
    }),
  },

  "sync-002-moves-do-not-count": {
    breaks: "SYNC-002",
    operator: "scope",
    defect: "a move to another site is listed only with the filter of the previous site",
    behaviour: () => {
      const moved = new Set<string>();
      const filter = filterChanges(
        (device) => device.lifecycle === "removed" || !moved.has(device.device_id),
      );
      return {
        answer(answer, request) {
          if (request.path.endsWith("/move") && answer.status === 200) moved.add(answer.body.device_id);
          if (request.query["site_id"] === undefined) filter(answer, request);
        },
      };
    },
  },

  "sync-002-nothing-new-in-an-org": {
    breaks: "SYNC-002",
    operator: "combination",
    defect: "a listing with since and org_id omits added devices",
    behaviour: () => {
      const filter = filterChanges(
        (device) => device.lifecycle === "removed" || !device.name.startsWith("Conformance"),
      );
      return {
        answer: (answer, request) => {
          if (request.query["org_id"] !== undefined) filter(answer, request);
        },
      };
    },
  },

  "sync-002-no-changes-of-a-system": {
    breaks: "SYNC-002",
    operator: "combination",
    defect: "a listing with since and system_id omits changes of the status",
    behaviour: () => {
      const filter = filterChanges((device) => device.lifecycle === "removed");
      return {
        answer: (answer, request) => {
          if (request.query["system_id"] !== undefined) filter(answer, request);
        },
      };
    },
  },

  "sync-002-polled-statuses-do-not-count": {
    breaks: "SYNC-002",
    operator: "scope",
    sharesNoRun: true,
    defect: "a vendor that offers only polling does not list a status change as a change",
    profile: "inventory",
    behaviour: () => {
      const filter = filterChanges(
        (device) => device.lifecycle === "removed" || device.name.startsWith("Conformance"),
      );
      return {
        answer(answer, request) {
          offerOnlyPolling(answer, request);
          filter(answer, request);
        },
      };
    },
  },

  "sync-002-changed-between-pages": {
    breaks: "SYNC-002",
    operator: "omission",
    sharesNoRun: true,
    defect: "a change that is made while the pages of a full listing are read is in no listing with since",
    alsoRecord: ["changingInventory"],
    behaviour: () => loseChangesBetweenPages(({ lifecycle }) => lifecycle !== "removed"),
  },

  "sync-002-halves-of-records": {
    breaks: "SYNC-002",
    operator: "plain",
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
    operator: "scope",
    defect: "a status change is not listed as a change",
    behaviour: () => ({
      answer: filterChanges(
        (device) => device.lifecycle === "removed" || device.name.startsWith("Conformance"),
      ),
    }),
  },

  "sync-003-removed-between-pages": {
    breaks: "SYNC-003",
    operator: "omission",
    defect: "a device that is removed while the pages of a full listing are read gets no tombstone",
    alsoRecord: ["changingInventory"],
    behaviour: () => loseChangesBetweenPages(({ lifecycle }) => lifecycle === "removed"),
  },

  "sync-003-no-tombstones": {
    breaks: "SYNC-003",
    operator: "plain",
    defect: "removed devices are not listed as changes",
    behaviour: () => ({
      answer: filterChanges((device) => device.lifecycle !== "removed"),
    }),
  },

  "sync-003-no-tombstones-with-a-filter": {
    breaks: "SYNC-003",
    operator: "combination",
    defect: "a listing with since and site_id has no tombstones",
    behaviour: () => {
      const filter = filterChanges((device) => device.lifecycle !== "removed");
      return {
        answer: (answer, request) => {
          if (request.query["site_id"] !== undefined) filter(answer, request);
        },
      };
    },
  },

  "sync-003-removed-in-1970": {
    breaks: "SYNC-003",
    operator: "plain",
    defect: "the removed_at of a tombstone is the start of 1970",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices" || query["since"] === undefined) return;
        for (const device of body.data)
          if (device.lifecycle === "removed") device.removed_at = "1970-01-01T00:00:00Z";
      },
    }),
  },

  "sync-003-no-removed-at": {
    breaks: "SYNC-003",
    operator: "plain",
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
    operator: "combination",
    defect: "a sync token works with any filter",
    behaviour: () => {
      const seen = new Set<string>();
      return {
        receive({ path, query }) {
          const { since, site_id } = query;
          if (path !== "/v1/devices" || since === undefined) return;
          // A caller sent this token without a filter, so the token was issued without a filter.
          if (site_id === undefined) seen.add(since);
          else if (seen.has(since)) delete query["site_id"];
        },
      };
    },
  },

  "sync-006-any-system-will-do": {
    breaks: "SYNC-006",
    operator: "combination",
    defect: "a sync token of the whole inventory works with any system",
    behaviour: () => {
      const seen = new Set<string>();
      return {
        receive({ path, query }) {
          const { since, system_id } = query;
          if (path !== "/v1/devices" || since === undefined) return;
          if (system_id === undefined) seen.add(since);
          else if (seen.has(since)) delete query["system_id"];
        },
      };
    },
  },

  "sync-006-forgets-the-filter": {
    breaks: "SYNC-006",
    operator: "combination",
    defect: "a sync token of a site works without the filter",
    behaviour: () => {
      const sites = new Map<string, string>();
      return {
        receive({ path, query }) {
          if (path !== "/v1/devices" || query["site_id"] !== undefined) return;
          query["site_id"] = sites.get(query["since"] ?? "");
        },
        answer({ status, body }, { path, query }) {
          if (status === 200 && path === "/v1/devices" && query["site_id"] && body.sync_token)
            sites.set(body.sync_token, query["site_id"]);
        },
      };
    },
  },

  "sync-006-reads-half-of-the-token": {
    breaks: "SYNC-006",
    operator: "plain",
    defect: "only the first half of a sync token is checked",
    behaviour: () => {
      const issued = new Map<string, string>();
      const halfOf = (token: string) => token.slice(0, token.length / 2 - 1);
      return {
        receive({ path, query }) {
          if (path === "/v1/devices" && query["since"] !== undefined)
            query["since"] = issued.get(halfOf(query["since"])) ?? query["since"];
        },
        answer({ body }, { path }) {
          if (path === "/v1/devices" && typeof body?.sync_token === "string")
            issued.set(halfOf(body.sync_token), body.sync_token);
        },
      };
    },
  },

  "sync-006-starts-over": {
    breaks: "SYNC-006",
    operator: "plain",
    defect: "an unknown sync token starts a full listing",
    behaviour: () => ({
      receive({ path, query }) {
        if (path === "/v1/devices" && !query["since"]?.includes(".")) delete query["since"];
      },
    }),
  },

  "sync-007-everything-was-just-written": {
    breaks: "SYNC-007",
    operator: "plain",
    defect: "every listing with since has a device that was not changed, with a new updated_at",
    behaviour: ({ clock }) => {
      let unchanged: Answer["body"] = null;
      return {
        answer({ status, body }, { path, query }) {
          if (status !== 200 || path !== "/v1/devices") return;
          const { since, cursor, ...filters } = query;
          if (since === undefined) unchanged ??= body.data.at(-1);
          else if (cursor === undefined && Object.keys(filters).every((name) => name === "limit")) {
            if (body.data.some(({ device_id }: { device_id: string }) => device_id === unchanged.device_id))
              return;
            body.data.push({ ...unchanged, updated_at: new Date(clock.now()).toISOString() });
            delete body.snapshot.total_count;
          }
        },
      };
    },
  },

  "sync-007-tombstones-forever": {
    breaks: "SYNC-007",
    operator: "persistence",
    defect: "every listing with since repeats the tombstones of earlier listings",
    behaviour: () => {
      const tombstones = new Map<string, Answer["body"]>();
      return {
        answer({ status, body }, { path, query }) {
          if (status !== 200 || path !== "/v1/devices" || query["since"] === undefined) return;
          for (const device of body.data)
            if (device.lifecycle === "removed") tombstones.set(device.device_id, device);
          if (body.next_cursor !== null) return;
          const listed = body.data.map(({ device_id }: { device_id: string }) => device_id);
          for (const [id, tombstone] of tombstones) if (!listed.includes(id)) body.data.push(tombstone);
          delete body.snapshot.total_count;
        },
      };
    },
  },

  "sync-007-not-found": {
    breaks: "SYNC-007",
    operator: "boundary",
    defect: "a listing with since is answered with 404 if nothing has changed",
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
    operator: "combination",
    defect: "a filtered listing with since omits devices that moved out of the filter",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        const { since, site_id } = query;
        if (status !== 200 || path !== "/v1/devices" || since === undefined || site_id === undefined) return;
        body.data = body.data.filter((device: { site_id: string }) => device.site_id === site_id);
      },
    }),
  },
};
