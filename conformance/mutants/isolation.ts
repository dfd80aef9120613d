import { authenticateAs, isAuthenticatedBy, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const isolationMutants: VendorMutants = {
  "sec-005-lists-every-tenants-devices": {
    breaks: "SEC-005",
    defect: "a device listing without a filter contains the devices of every tenant",
    behaviour: ({ apiKey, secondApiKey }) => ({
      receive(request) {
        const { since, org_id, site_id, cursor } = request.query;
        const isFiltered = [since, org_id, site_id, cursor].some((each) => each !== undefined);
        if (request.path === "/v1/devices" && !isFiltered && isAuthenticatedBy(secondApiKey, request))
          authenticateAs(apiKey, request);
      },
    }),
  },

  "sec-005-sites-of-all": {
    breaks: "SEC-005",
    defect: "the site listing contains the sites of every tenant",
    behaviour: ({ apiKey, secondApiKey }) => ({
      receive(request) {
        if (
          request.path === "/v1/sites" &&
          request.query["org_id"] === undefined &&
          isAuthenticatedBy(secondApiKey, request)
        ) {
          authenticateAs(apiKey, request);
        }
      },
    }),
  },

  "sec-006-forbids-what-is-anothers": {
    breaks: "SEC-006",
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

  "sec-006-looks-up-any-device": {
    breaks: "SEC-006",
    defect: "any tenant can look up any device by its id",
    behaviour: ({ apiKey, secondApiKey }) => ({
      receive(request) {
        if (request.path.startsWith("/v1/devices/") && isAuthenticatedBy(secondApiKey, request))
          authenticateAs(apiKey, request);
      },
    }),
  },

  "sec-007-cursors-for-everybody": {
    breaks: "SEC-007",
    defect: "a cursor works for every tenant",
    behaviour: ({ apiKey, secondApiKey }) => {
      const cursors = new Set<string>();
      return {
        receive(request) {
          if (cursors.has(request.query["cursor"] ?? "") && isAuthenticatedBy(secondApiKey, request))
            authenticateAs(apiKey, request);
        },
        answer({ body }, request) {
          if (isAuthenticatedBy(apiKey, request) && typeof body?.next_cursor === "string")
            cursors.add(body.next_cursor);
        },
      };
    },
  },

  "sec-007-sync-tokens-for-everybody": {
    breaks: "SEC-007",
    defect: "a sync token works for every tenant",
    behaviour: ({ apiKey, secondApiKey }) => {
      const tokens = new Set<string>();
      return {
        receive(request) {
          if (tokens.has(request.query["since"] ?? "") && isAuthenticatedBy(secondApiKey, request))
            authenticateAs(apiKey, request);
        },
        answer({ body }, request) {
          if (isAuthenticatedBy(apiKey, request) && typeof body?.sync_token === "string")
            tokens.add(body.sync_token);
        },
      };
    },
  },

  "sec-008-endpoints-of-whoever-was-first": {
    breaks: "SEC-008",
    defect: "a new endpoint receives the first tenant's events, whichever tenant registers it",
    behaviour: ({ apiKey, secondApiKey }) => ({
      receive(request) {
        const registers = request.method === "POST" && request.path === "/v1/webhook-endpoints";
        if (registers && isAuthenticatedBy(secondApiKey, request)) authenticateAs(apiKey, request);
      },
    }),
  },

  "sec-008-posts-to-every-tenant": {
    breaks: "SEC-008",
    defect: "every event is also sent to the second tenant's endpoints",
    behaviour({ secondApiKey }) {
      const theirs = new Set<string>();
      return {
        answer({ status, body }, request) {
          const registered = status === 201 && request.path === "/v1/webhook-endpoints";
          if (registered && isAuthenticatedBy(secondApiKey, request)) theirs.add(body.url);
        },
        async deliver(delivery, resign) {
          for (const url of theirs.has(delivery.url) ? [] : theirs) {
            const copy = await resign({ ...delivery, url }, { body: JSON.parse(delivery.body) });
            await fetch(url, { method: "POST", headers: copy.headers, body: copy.body });
          }
          return delivery;
        },
      };
    },
  },
};
