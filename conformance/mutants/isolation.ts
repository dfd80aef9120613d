import {
  type Answer,
  answerEmptyForUnknown,
  authenticateAs,
  type Behaviour,
  isAuthenticatedBy,
  type SeenRequest,
  type VendorMutant,
  type VendorMutants,
} from "./subjects/vendor-mutant.ts";

/** Also sends events to the endpoints of a tenant that did not register for them. */
function sendAlsoTo(credential: string, isSent: (type: string) => boolean = () => true): Behaviour {
  const theirs = new Set<string>();
  return {
    answer({ status, body }, request) {
      const registered = status === 201 && request.path === "/v1/webhook-endpoints";
      if (registered && isAuthenticatedBy(credential, request)) theirs.add(body.url);
    },
    async deliver(delivery, resign) {
      const event = JSON.parse(delivery.body);
      for (const url of theirs.has(delivery.url) || !isSent(event.type) ? [] : theirs) {
        const copy = await resign({ ...delivery, url }, { body: event });
        await fetch(url, { method: "POST", headers: copy.headers, body: copy.body });
      }
      return delivery;
    },
  };
}

/** Lets some calls of the second tenant act as calls of the first tenant. */
const actAsFirst =
  (isCall: (request: SeenRequest) => boolean): VendorMutant["behaviour"] =>
  ({ apiKey, secondApiKey }) => ({
    receive(request) {
      if (isCall(request) && isAuthenticatedBy(secondApiKey, request)) authenticateAs(apiKey, request);
    },
  });

/**
 * Lets the second tenant use the first tenant's cursors or tokens, either of all listings or of one listing.
 */
const acceptFromEveryTenant =
  (
    parameter: "cursor" | "since",
    member: "next_cursor" | "sync_token",
    path?: string,
  ): VendorMutant["behaviour"] =>
  ({ apiKey, secondApiKey }) => {
    const issued = new Set<string>();
    return {
      receive(request) {
        if (issued.has(request.query[parameter] ?? "") && isAuthenticatedBy(secondApiKey, request))
          authenticateAs(apiKey, request);
      },
      answer({ body }, request) {
        if (path !== undefined && request.path !== path) return;
        if (isAuthenticatedBy(apiKey, request) && typeof body?.[member] === "string")
          issued.add(body[member]);
      },
    };
  };

export const isolationMutants: VendorMutants = {
  "sec-005-lists-every-tenants-devices": {
    breaks: "SEC-005",
    operator: "scope",
    sharesNoRun: true,
    defect: "a device listing without a filter contains the devices of every tenant",
    behaviour: ({ apiKey, secondApiKey }) => ({
      receive(request) {
        const { since, org_id, site_id, system_id, cursor } = request.query;
        const isFiltered = [since, org_id, site_id, system_id, cursor].some((each) => each !== undefined);
        if (request.path === "/v1/devices" && !isFiltered && isAuthenticatedBy(secondApiKey, request))
          authenticateAs(apiKey, request);
      },
    }),
  },

  "sec-005-sites-of-all": {
    breaks: "SEC-005",
    operator: "scope",
    defect: "the site listing contains the sites of every tenant",
    behaviour: ({ apiKey, secondApiKey }) => ({
      receive(request) {
        if (
          request.path === "/v1/sites" &&
          request.query["org_id"] === undefined &&
          request.query["cursor"] === undefined &&
          isAuthenticatedBy(secondApiKey, request)
        ) {
          authenticateAs(apiKey, request);
        }
      },
    }),
  },

  "sec-005-changes-of-all": {
    breaks: "SEC-005",
    operator: "scope",
    defect: "a listing with since contains changed devices of every tenant",
    behaviour: ({ apiKey, secondApiKey }) => {
      let changed: Answer["body"] = null;
      return {
        answer({ status, body }, request) {
          if (status !== 200) return;
          if (request.path.endsWith("/status") && isAuthenticatedBy(apiKey, request)) changed = body;
          const isListing = request.path === "/v1/devices" && request.query["since"] !== undefined;
          if (!isListing || changed === null || !isAuthenticatedBy(secondApiKey, request)) return;
          body.data.push(changed);
          delete body.snapshot.total_count;
        },
      };
    },
  },

  "sec-005-devices-of-a-third-tenant": {
    breaks: "SEC-005",
    operator: "plain",
    defect: "a device listing contains a device of a third tenant",
    behaviour: ({ secondApiKey }) => ({
      answer({ status, body }, request) {
        const { query, path } = request;
        if (status !== 200 || path !== "/v1/devices" || !isAuthenticatedBy(secondApiKey, request)) return;
        if (query["since"] !== undefined || query["cursor"] !== undefined) return;
        const [device] = body.data;
        const place = { org_id: "third", site_id: "third", parent_device_id: null };
        body.data.push({ ...device, device_id: "device-of-a-third-tenant", ...place });
        delete body.snapshot.total_count;
      },
    }),
  },

  "sec-005-events-of-all": {
    breaks: "SEC-005",
    operator: "scope",
    defect: "the listing of events contains the events of every tenant",
    profile: "resilience",
    behaviour: actAsFirst(({ path, query }) => path === "/v1/events" && query["org_id"] === undefined),
  },

  "sec-006-controls-any-device": {
    breaks: "SEC-006",
    operator: "scope",
    defect: "sandbox control lets any tenant change any device",
    behaviour: actAsFirst(({ path }) => path.startsWith("/sandbox/devices/")),
  },

  "sec-006-deletes-any-endpoint": {
    breaks: "SEC-006",
    operator: "scope",
    defect: "any tenant can delete any endpoint",
    behaviour: actAsFirst(
      ({ method, path }) => method === "DELETE" && path.startsWith("/v1/webhook-endpoints/"),
    ),
  },

  "sec-006-deletes-in-silence": {
    breaks: "SEC-006",
    operator: "scope",
    defect: "any tenant can delete any endpoint, although the response is 404",
    behaviour: ({ apiKey, secondApiKey }) => {
      const deleted = new Set<unknown>();
      return {
        receive(request) {
          const { method, path, headers } = request;
          if (method !== "DELETE" || !path.startsWith("/v1/webhook-endpoints/")) return;
          if (!isAuthenticatedBy(secondApiKey, request)) return;
          deleted.add(headers);
          authenticateAs(apiKey, request);
        },
        answer(answer, { headers }) {
          if (!deleted.has(headers) || answer.status !== 204) return;
          answer.status = 404;
          answer.headers["content-type"] = "application/problem+json";
          answer.body = { title: "Unknown endpoint", status: 404, code: "unknown_endpoint" };
        },
      };
    },
  },

  "sec-006-pings-any-endpoint": {
    breaks: "SEC-006",
    operator: "scope",
    defect: "any tenant can ping any endpoint",
    behaviour: actAsFirst(({ path }) => path.endsWith("/ping")),
  },

  "sec-006-rotates-any-secret": {
    breaks: "SEC-006",
    operator: "scope",
    defect: "any tenant can rotate the secret of any endpoint, and gets the new secret",
    behaviour: actAsFirst(({ path }) => path.endsWith("/rotate-secret")),
  },

  "sec-006-forbids-what-is-anothers": {
    breaks: "SEC-006",
    operator: "plain",
    defect: "a resource of another tenant is answered with 403",
    behaviour: ({ apiKey }) => {
      const known = new Set<string>();
      return {
        answer(answer, { path, query, headers }) {
          const isFirst = headers["authorization"] === `Bearer ${apiKey}`;
          if (isFirst && path === "/v1/orgs" && answer.status === 200) {
            for (const { org_id } of answer.body.data) known.add(org_id);
          }
          if (answer.status !== 404 || isFirst || !known.has(query["org_id"] ?? "")) return;
          answer.status = 403;
          answer.body = { ...answer.body, status: 403, code: "forbidden", title: "Forbidden" };
        },
      };
    },
  },

  "sec-006-system-of-another-is-empty": {
    breaks: "SEC-006",
    operator: "scope",
    defect: "the device listing of another tenant's system is empty instead of 404",
    behaviour: ({ apiKey, secondApiKey, clock }) => {
      const systems = new Set<string>();
      const answerEmpty = answerEmptyForUnknown("/v1/devices", "system_id", clock);
      return {
        answer(answer, request) {
          if (isAuthenticatedBy(apiKey, request) && request.path === "/v1/devices" && answer.status === 200)
            for (const { system_id } of answer.body.data) systems.add(system_id);
          const isForeign = systems.has(request.query["system_id"] ?? "");
          if (isForeign && isAuthenticatedBy(secondApiKey, request)) answerEmpty(answer, request);
        },
      };
    },
  },

  "sec-006-looks-up-any-device": {
    breaks: "SEC-006",
    operator: "plain",
    defect: "any tenant can look up any device by its id",
    behaviour: ({ apiKey, secondApiKey }) => ({
      receive(request) {
        if (request.path.startsWith("/v1/devices/") && isAuthenticatedBy(secondApiKey, request))
          authenticateAs(apiKey, request);
      },
    }),
  },

  "sec-007-cursors-for-every-tenant": {
    breaks: "SEC-007",
    operator: "plain",
    defect: "a cursor works for every tenant",
    behaviour: acceptFromEveryTenant("cursor", "next_cursor"),
  },

  "sec-007-cursors-of-sites-for-every-tenant": {
    breaks: "SEC-007",
    operator: "scope",
    defect: "a cursor of sites works for every tenant",
    behaviour: acceptFromEveryTenant("cursor", "next_cursor", "/v1/sites"),
  },

  "sec-007-sync-tokens-for-every-tenant": {
    breaks: "SEC-007",
    operator: "scope",
    defect: "a sync token works for every tenant",
    behaviour: acceptFromEveryTenant("since", "sync_token"),
  },

  "sec-008-endpoints-of-the-first-tenant": {
    breaks: "SEC-008",
    operator: "plain",
    defect: "a new endpoint receives the first tenant's events, whichever tenant registers it",
    behaviour: ({ apiKey, secondApiKey }) => ({
      receive(request) {
        const registers = request.method === "POST" && request.path === "/v1/webhook-endpoints";
        if (registers && isAuthenticatedBy(secondApiKey, request)) authenticateAs(apiKey, request);
      },
    }),
  },

  "sec-008-first-tenant-gets-everything": {
    breaks: "SEC-008",
    operator: "scope",
    defect: "every event is also sent to the first tenant's endpoints",
    behaviour: ({ apiKey }) => sendAlsoTo(apiKey),
  },

  "sec-008-posts-alarms-to-every-tenant": {
    breaks: "SEC-008",
    operator: "scope",
    defect: "every alarm event is also sent to the second tenant's endpoints",
    profile: "events:alarm",
    alsoRecord: ["families"],
    behaviour: ({ secondApiKey }) =>
      sendAlsoTo(secondApiKey, (type) => type.startsWith("com.convergint.alarm.")),
  },

  "sec-008-posts-to-every-tenant": {
    breaks: "SEC-008",
    operator: "plain",
    defect: "every event is also sent to the second tenant's endpoints",
    behaviour: ({ secondApiKey }) => sendAlsoTo(secondApiKey),
  },
};
