import {
  type Answer,
  answerEmptyForUnknown,
  type Behaviour,
  changeItems,
  changeManifest,
  hideItems,
  ignoreOrgFilter,
  isAuthenticatedBy,
  type SeenRequest,
  type VendorKeys,
  type VendorMutants,
} from "./subjects/vendor-mutant.ts";

/** Changes the query of the first tenant's listings by a system that it has. */
function forSystems({ apiKey }: VendorKeys, change: (query: SeenRequest["query"]) => unknown): Behaviour {
  const systems = new Set<string>();
  return {
    receive(request) {
      if (request.path !== "/v1/devices" || !isAuthenticatedBy(apiKey, request)) return;
      if (systems.has(request.query["system_id"] ?? "")) change(request.query);
    },
    answer: changeItems("/v1/devices", ({ system_id }) => {
      if (typeof system_id === "string") systems.add(system_id);
    }),
  };
}

export const inventoryMutants: VendorMutants = {
  "inv-001-look-up-of-another-shape": {
    breaks: "INV-001",
    operator: "plain",
    defect: "a device lookup returns mac_addresses as a string",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status === 200 && path.startsWith("/v1/devices/"))
          body.mac_addresses = String(body.mac_addresses ?? "");
      },
    }),
  },

  "inv-001-nameless-device": {
    breaks: "INV-001",
    operator: "scope",
    defect: "some devices have an empty name",
    behaviour: () => ({
      answer: changeItems("/v1/devices", (device) => {
        if (device.type === "speaker") device.name = "";
      }),
    }),
  },

  "inv-001-no-names-with-a-filter": {
    breaks: "INV-001",
    operator: "scope",
    defect: "with a filter, devices have no name",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices" || query["site_id"] === undefined) return;
        if (query["since"] === undefined) for (const device of body.data) delete device.name;
      },
    }),
  },

  "inv-002-hidden-site": {
    breaks: "INV-002",
    operator: "plain",
    defect: "devices belong to a site that is not listed",
    behaviour: () => {
      let first: string | undefined;
      return {
        answer: hideItems("/v1/sites", ({ site_id }) => {
          first ??= site_id;
          return site_id === first;
        }),
      };
    },
  },

  "inv-003-later-pages-skip": {
    breaks: "INV-003",
    operator: "scope",
    defect: "each page of a site's devices after the first skips one",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices" || query["since"] !== undefined) return;
        if (query["site_id"] === undefined || query["cursor"] === undefined) return;
        body.data.shift();
        delete body.snapshot.total_count;
      },
    }),
  },

  "inv-003-both-filters-lose-a-device": {
    breaks: "INV-003",
    operator: "combination",
    defect: "a listing by site and org omits one device",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices" || query["since"] !== undefined) return;
        if (query["site_id"] === undefined || query["org_id"] === undefined) return;
        body.data.shift();
        delete body.snapshot.total_count;
      },
    }),
  },

  "inv-003-empty-site-is-unknown": {
    breaks: "INV-003",
    operator: "boundary",
    defect: "a site without devices is answered with 404",
    behaviour: () => ({
      answer(answer, { path, query }) {
        if (path !== "/v1/devices" || query["site_id"] === undefined || query["system_id"] !== undefined)
          return;
        if (answer.body?.data?.length !== 0) return;
        answer.status = 404;
        answer.headers["content-type"] = "application/problem+json";
        answer.body = { title: "Not found", status: 404, code: "not_found" };
      },
    }),
  },

  "inv-003-filter-without-end": {
    breaks: "INV-003",
    operator: "boundary",
    defect: "the last page of a site's devices links to itself",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices" || body.data.length === 0) return;
        if (
          query["site_id"] !== undefined &&
          query["since"] === undefined &&
          query["system_id"] === undefined
        )
          body.next_cursor = query["cursor"] ?? body.next_cursor ?? "again";
      },
      receive({ path, query }) {
        if (path === "/v1/devices" && query["cursor"] === "again") delete query["cursor"];
      },
    }),
  },

  "inv-003-forgets-a-device": {
    breaks: "INV-003",
    operator: "boundary",
    defect: "the site filter omits the last device",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (
          status !== 200 ||
          path !== "/v1/devices" ||
          query["site_id"] === undefined ||
          query["since"] !== undefined ||
          query["system_id"] !== undefined ||
          body.data.length === 0
        )
          return;
        body.data.pop();
        body.snapshot.total_count -= 1;
      },
    }),
  },

  "inv-004-site-of-another-org-is-empty": {
    breaks: "INV-004",
    operator: "combination",
    defect: "a device listing filtered by an org and by a site of another org is empty",
    behaviour: ({ clock }) => {
      const answer = answerEmptyForUnknown("/v1/devices", "site_id", clock);
      return { answer: (given, request) => request.query["org_id"] !== undefined && answer(given, request) };
    },
  },

  "inv-004-unknown-site-is-empty": {
    breaks: "INV-004",
    operator: "plain",
    defect: "the device listing of an unknown site is empty",
    behaviour: ({ clock }) => ({ answer: answerEmptyForUnknown("/v1/devices", "site_id", clock) }),
  },

  "inv-005-another-name": {
    breaks: "INV-005",
    operator: "plain",
    defect: "a device lookup returns the serial number as the name",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status === 200 && path.startsWith("/v1/devices/")) body.name = body.serial_number ?? "unnamed";
      },
    }),
  },

  "inv-006-null-for-unknown": {
    breaks: "INV-006",
    operator: "plain",
    defect: "an unknown device is answered with 200 and null",
    behaviour: () => ({
      answer(answer, { path }) {
        if (answer.status !== 404 || !path.startsWith("/v1/devices/")) return;
        answer.status = 200;
        answer.headers["content-type"] = "application/json";
        answer.body = { device: null };
      },
    }),
  },

  "inv-007-later-pages-skip": {
    breaks: "INV-007",
    operator: "scope",
    defect: "each page of an org's devices after the first skips one",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices" || query["since"] !== undefined) return;
        if (query["org_id"] === undefined || query["cursor"] === undefined) return;
        body.data.shift();
        delete body.snapshot.total_count;
      },
    }),
  },

  "inv-007-later-pages-of-every-org": {
    breaks: "INV-007",
    operator: "combination",
    defect: "with a cursor, the org filter of devices is ignored: later pages have devices of other orgs",
    behaviour: () => {
      const seen = new Map<string, Answer["body"]>();
      return {
        answer({ status, body }, { path, query }) {
          if (status !== 200 || path !== "/v1/devices" || query["since"] !== undefined) return;
          for (const device of body.data) seen.set(device.org_id, device);
          const { org_id, cursor } = query;
          const foreign = [...seen].find(([org]) => org !== org_id)?.[1];
          if (org_id === undefined || cursor === undefined || !foreign || body.data.length === 0) return;
          body.data.splice(-1, 1, foreign);
          delete body.snapshot.total_count;
        },
      };
    },
  },

  "inv-007-ignores-the-org": {
    breaks: "INV-007",
    operator: "plain",
    sharesNoRun: true,
    defect: "the org filter of devices is ignored",
    behaviour: () => ignoreOrgFilter("/v1/devices"),
  },

  "inv-009-two-orgs-of-one-id": {
    breaks: "INV-009",
    operator: "plain",
    defect: "two orgs have the same id",
    behaviour: () => {
      const ofListing = new Map<string, { org: object; snapshot: object }>();
      return {
        // The duplicate org is on an extra page after the last one.
        receive({ path, query }) {
          if (path !== "/v1/orgs" || !query["cursor"]?.startsWith("twin:")) return;
          query["twin"] = query["cursor"].slice("twin:".length);
          delete query["cursor"];
        },
        answer(answer, { path, query }) {
          const { status, body } = answer;
          if (path !== "/v1/orgs" || status !== 200) return;
          const first = ofListing.get(query["twin"] ?? "");
          delete body.snapshot.total_count;
          if (first) {
            answer.body = {
              data: [{ ...first.org, name: "Another" }],
              next_cursor: null,
              snapshot: first.snapshot,
            };
          } else if (body.next_cursor === null) {
            const { snapshot } = body;
            ofListing.set(snapshot.id, { org: body.data[0], snapshot });
            body.next_cursor = `twin:${snapshot.id}`;
          }
        },
      };
    },
  },

  "inv-011-unknown-org-is-empty": {
    breaks: "INV-011",
    operator: "plain",
    defect: "the device listing of an unknown org is empty",
    behaviour: ({ clock }) => {
      const answer = answerEmptyForUnknown("/v1/devices", "org_id", clock);
      return { answer: (given, request) => request.query["site_id"] === undefined && answer(given, request) };
    },
  },

  "inv-015-lists-what-is-gone": {
    breaks: "INV-015",
    operator: "persistence",
    defect: "a removed device stays in the listing",
    behaviour: () => {
      let removed: string | undefined;
      return {
        answer({ status, body }, { path }) {
          if (status !== 200 || path !== "/v1/devices") return;
          for (const device of body.data) {
            if (device.type !== "speaker") continue;
            removed ??= device.device_id;
            if (device.device_id !== removed) continue;
            device.lifecycle = "removed";
            device.removed_at = "2026-01-01T00:00:00Z";
          }
        },
      };
    },
  },

  "inv-016-plain-pages": {
    breaks: "INV-016",
    operator: "plain",
    defect: "pages are not compressed",
    behaviour: () => ({
      receive({ headers }) {
        delete headers["accept-encoding"];
      },
    }),
  },

  "inv-017-ignores-since": {
    breaks: "INV-017",
    operator: "plain",
    defect: "without incremental sync, since is ignored and everything is listed",
    behaviour: () => ({
      receive({ path, query }) {
        if (path === "/v1/devices") delete query["since"];
      },
      answer: changeManifest(({ inventory }) => {
        inventory.incremental_sync = false;
      }),
    }),
  },

  "inv-008-id-of-a-removed-device": {
    breaks: "INV-008",
    operator: "persistence",
    defect: "a new device gets the id of a device that was removed",
    behaviour: () => {
      const aliases = new Map<string, string>();
      const free: string[] = [];
      const present = new Set<string>();
      const byReal = new Map<string, string>();
      const alias = (value: Answer["body"]): void => {
        if (typeof value !== "object" || value === null) return;
        for (const [name, member] of Object.entries(value)) {
          if (name === "device_id") value[name] = byReal.get(String(member)) ?? member;
          else alias(member);
        }
      };
      return {
        receive(request) {
          for (const [shown, real] of aliases) request.path = request.path.replace(shown, real);
        },
        answer({ status, body }, { method, path }) {
          const [, real = ""] = /^\/sandbox\/devices\/([^/]+)$/.exec(path) ?? [];
          if (method === "DELETE" && status === 204 && present.has(real)) {
            present.delete(real);
            free.push(byReal.get(real) ?? real);
          }
          if (path === "/sandbox/devices" && status === 201) {
            const shown = free.shift();
            present.add(body.device_id);
            if (shown !== undefined) {
              aliases.set(shown, body.device_id);
              byReal.set(body.device_id, shown);
            }
          }
          alias(body);
        },
      };
    },
  },

  "inv-008-imported-again": {
    breaks: "INV-008",
    operator: "persistence",
    defect: "speakers have new ids after an import during the run",
    behaviour: () => {
      let manifests = 0;
      return {
        receive(request) {
          request.path = request.path.replace(/-again$/, "");
          if (request.path === "/.well-known/vendor-cloud") manifests += 1;
        },
        answer: changeItems("/v1/devices", (device) => {
          if (manifests > 1 && device.type === "speaker") device.device_id += "-again";
        }),
      };
    },
  },

  "inv-012-hides-a-type-by-default": {
    breaks: "INV-012",
    operator: "scope",
    defect: "a speaker that is added later is listed only with a filter",
    behaviour: () => {
      const added = new Set<string>();
      return {
        answer({ status, body }, { path, query }) {
          if (path === "/sandbox/devices" && status === 201 && body.type === "speaker")
            added.add(body.device_id);
          if (
            status !== 200 ||
            path !== "/v1/devices" ||
            Object.keys(query).some((name) => name.endsWith("_id"))
          )
            return;
          body.data = body.data.filter(({ device_id }: Answer["body"]) => !added.has(device_id));
          if (added.size > 0) delete body.snapshot.total_count;
        },
      };
    },
  },

  "inv-013-statuses-for-subscribers": {
    breaks: "INV-013",
    operator: "plain",
    defect: "controllers have the status unknown until the first endpoint is registered",
    alsoRecord: ["endpoints"],
    behaviour: () => {
      let isRegistered = false;
      const hide = changeItems("/v1/devices", (device) => {
        if (device.type === "access_controller" && !isRegistered) device.status = "unknown";
      });
      return {
        answer(answer, request) {
          hide(answer, request);
          if (request.path === "/v1/webhook-endpoints" && answer.status === 201) isRegistered = true;
        },
      };
    },
  },

  "inv-010-row-numbers": {
    breaks: "INV-010",
    operator: "plain",
    defect: "the ids of orgs are row numbers",
    behaviour: () => {
      const numbers = new Map<string, string>();
      const shown = (text: string) =>
        [...numbers].reduce((changed, [id, number]) => changed.replaceAll(id, number), text);
      const real = (number: unknown) => [...numbers].find(([, each]) => each === number)?.[0];
      return {
        receive({ query }) {
          query["org_id"] = real(query["org_id"]) ?? query["org_id"];
        },
        read(body) {
          body.org_id = real(body.org_id) ?? body.org_id;
        },
        answer(answer, { path }) {
          if (answer.status === 200 && path === "/v1/orgs")
            for (const { org_id } of answer.body.data)
              if (!numbers.has(org_id)) numbers.set(org_id, String(numbers.size + 1));
          if (answer.body) answer.body = JSON.parse(shown(JSON.stringify(answer.body)));
        },
        deliver(delivery, resign) {
          const body = JSON.parse(shown(delivery.body));
          return resign(delivery, { body, id: body.id });
        },
      };
    },
  },

  "inv-021-ignores-the-system": {
    breaks: "INV-021",
    operator: "plain",
    defect: "the filter by system is ignored",
    behaviour: (context) => forSystems(context, (query) => delete query["system_id"]),
  },

  "inv-021-ignores-the-system-of-a-site": {
    breaks: "INV-021",
    operator: "combination",
    defect: "in a listing by site, the filter by system is ignored",
    behaviour: (context) =>
      forSystems(context, (query) => query["site_id"] !== undefined && delete query["system_id"]),
  },

  "inv-021-system-of-every-site": {
    breaks: "INV-021",
    operator: "combination",
    defect: "in a listing by system, the filter by site is ignored",
    behaviour: (context) => forSystems(context, (query) => delete query["site_id"]),
  },

  "inv-021-system-of-every-org": {
    breaks: "INV-021",
    operator: "combination",
    defect: "in a listing by system, the filter by org is ignored",
    behaviour: (context) => forSystems(context, (query) => delete query["org_id"]),
  },

  "inv-021-later-pages-skip": {
    breaks: "INV-021",
    operator: "scope",
    defect: "each page of a system's devices after the first skips one",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices" || query["since"] !== undefined) return;
        if (query["system_id"] === undefined || query["cursor"] === undefined) return;
        body.data.shift();
        delete body.snapshot.total_count;
      },
    }),
  },

  "inv-021-no-device-at-the-site-is-unknown": {
    breaks: "INV-021",
    operator: "boundary",
    defect: "a listing by system and by a site without devices of that system is answered with 404",
    behaviour: () => ({
      answer(answer, { path, query }) {
        if (path !== "/v1/devices" || query["system_id"] === undefined) return;
        if (query["site_id"] === undefined || answer.body?.data?.length !== 0) return;
        answer.status = 404;
        answer.headers["content-type"] = "application/problem+json";
        answer.body = { title: "Unknown system", status: 404, code: "unknown_system" };
      },
    }),
  },

  "inv-022-unknown-system-is-empty": {
    breaks: "INV-022",
    operator: "plain",
    defect: "the device listing of an unknown system is empty",
    behaviour: ({ clock }) => ({ answer: answerEmptyForUnknown("/v1/devices", "system_id", clock) }),
  },

  "inv-022-unknown-system-is-no-filter": {
    breaks: "INV-022",
    operator: "plain",
    defect: "the filter by an unknown system is ignored, so every device is listed",
    behaviour: () => {
      const systems = new Set<string | undefined>();
      return {
        receive({ path, query }) {
          if (path === "/v1/devices" && !systems.has(query["system_id"])) delete query["system_id"];
        },
        answer: changeItems("/v1/devices", ({ system_id }) => systems.add(system_id)),
      };
    },
  },
};
