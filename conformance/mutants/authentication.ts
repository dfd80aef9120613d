import {
  authenticateAs,
  emptyPage,
  isAuthenticatedBy,
  type VendorMutants,
} from "./subjects/vendor-mutant.ts";

export const authenticationMutants: VendorMutants = {
  "auth-001-forbidden-without-credential": {
    breaks: "AUTH-001",
    operator: "plain",
    defect: "a call without a credential is answered with 403",
    behaviour: () => ({
      answer(answer, { path, headers }) {
        if (!path.startsWith("/v1/") || headers["authorization"] !== undefined) return;
        answer.status = 403;
        answer.body = { ...answer.body, status: 403 };
      },
    }),
  },

  "auth-001-validates-first": {
    breaks: "AUTH-001",
    operator: "order",
    defect: "an invalid limit is answered with 400 before the credential is checked",
    behaviour: () => ({
      answer(answer, { path, query, headers }) {
        const isInvalid = query["limit"] !== undefined && !/^[1-9]\d*$/.test(query["limit"]);
        if (path !== "/v1/devices" || !isInvalid || headers["authorization"] !== undefined) return;
        answer.status = 400;
        answer.body = { title: "Invalid limit", status: 400, code: "invalid_limit" };
      },
    }),
  },

  "auth-002-any-key-will-do": {
    breaks: "AUTH-002",
    operator: "plain",
    sharesNoRun: true,
    defect: "the inventory accepts any API key",
    behaviour: ({ apiKey }) => ({
      receive({ path, headers }) {
        if (path.startsWith("/v1/") && headers["authorization"] !== undefined)
          headers["authorization"] = `Bearer ${apiKey}`;
      },
    }),
  },

  "auth-003-asks-for-a-password": {
    breaks: "AUTH-003",
    operator: "plain",
    defect: "a 401 names the scheme Basic",
    behaviour: () => ({
      answer(answer) {
        if (answer.status === 401) answer.headers["www-authenticate"] = 'Basic realm="Realm"';
      },
    }),
  },

  "auth-003-no-challenge": {
    breaks: "AUTH-003",
    operator: "plain",
    defect: "a 401 lacks the WWW-Authenticate header",
    behaviour: () => ({
      answer: ({ headers }) => {
        delete headers["www-authenticate"];
      },
    }),
  },

  "auth-006-an-empty-list-for-a-withdrawn-key": {
    breaks: "AUTH-006",
    operator: "plain",
    defect: "listings are empty for a revoked key",
    behaviour: ({ withdrawnApiKey, clock }) => ({
      answer(answer, request) {
        if (
          !isAuthenticatedBy(withdrawnApiKey, request) ||
          !/^\/v1\/(?:orgs|sites|devices)$/.test(request.path)
        )
          return;
        answer.status = 200;
        answer.headers = { "content-type": "application/json" };
        answer.body = emptyPage(clock);
      },
    }),
  },

  "auth-006-withdrawn-key-plays-devices": {
    breaks: "AUTH-006",
    operator: "scope",
    defect: "sandbox control accepts a revoked key",
    behaviour: ({ apiKey, withdrawnApiKey }) => ({
      receive(request) {
        if (request.path.startsWith("/sandbox/") && isAuthenticatedBy(withdrawnApiKey, request))
          authenticateAs(apiKey, request);
      },
    }),
  },

  "auth-006-withdrawn-key-registers-endpoints": {
    breaks: "AUTH-006",
    operator: "scope",
    defect: "a revoked key can manage webhook endpoints",
    behaviour: ({ apiKey, withdrawnApiKey }) => ({
      receive(request) {
        if (request.path.startsWith("/v1/webhook-endpoints") && isAuthenticatedBy(withdrawnApiKey, request))
          authenticateAs(apiKey, request);
      },
    }),
  },

  "sec-003-key-in-the-query": {
    breaks: "SEC-003",
    operator: "plain",
    defect: "the key may also be sent as api_key in the URL",
    behaviour: () => ({
      receive({ query, headers }) {
        const { api_key: key } = query;
        if (key === undefined) return;
        headers["authorization"] ??= `Bearer ${key}`;
        delete query["api_key"];
      },
    }),
  },

  "sec-003-key-in-the-cursor": {
    breaks: "SEC-003",
    operator: "plain",
    defect: "cursors contain the caller's key in base64",
    behaviour: () => {
      const cursors = new Map<string, string>();
      return {
        receive({ query }) {
          query["cursor"] = cursors.get(query["cursor"] ?? "") ?? query["cursor"];
        },
        answer({ body }, { headers }) {
          if (typeof body?.next_cursor !== "string") return;
          const parts = {
            key: String(headers["authorization"]).slice("Bearer ".length),
            after: body.next_cursor,
          };
          const cursor = Buffer.from(JSON.stringify(parts)).toString("base64url");
          cursors.set(cursor, body.next_cursor);
          body.next_cursor = cursor;
        },
      };
    },
  },
};
