import { actAs, isBy, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const authenticationMutants: VendorMutants = {
  "auth-001-forbidden-without-credential": {
    breaks: "AUTH-001",
    defect: "a call without a credential is answered with 403",
    behaviour: () => ({
      answer(answer, { path, headers }) {
        if (!path.startsWith("/v1/") || headers["authorization"] !== undefined) return;
        answer.status = 403;
        answer.body = { ...answer.body, status: 403 };
      },
    }),
  },

  "auth-002-any-key-will-do": {
    breaks: "AUTH-002",
    defect: "any key opens the inventory",
    behaviour: ({ apiKey }) => ({
      receive({ path, headers }) {
        if (path.startsWith("/v1/") && headers["authorization"] !== undefined)
          headers["authorization"] = `Bearer ${apiKey}`;
      },
    }),
  },

  "auth-003-no-challenge": {
    breaks: "AUTH-003",
    defect: "a 401 does not say which scheme to use",
    behaviour: () => ({
      answer: ({ headers }) => {
        delete headers["www-authenticate"];
      },
    }),
  },

  "auth-006-an-empty-list-for-a-withdrawn-key": {
    breaks: "AUTH-006",
    defect: "listings are empty for a key that was withdrawn",
    behaviour: ({ withdrawnApiKey }) => ({
      answer(answer, request) {
        if (!isBy(withdrawnApiKey, request) || !/^\/v1\/(?:orgs|sites|devices)$/.test(request.path)) return;
        answer.status = 200;
        answer.headers = { "content-type": "application/json" };
        const snapshot = { id: "none", as_of: new Date().toISOString(), total_count: 0 };
        answer.body = { data: [], next_cursor: null, snapshot };
      },
    }),
  },

  "auth-006-withdrawn-key-plays-devices": {
    breaks: "AUTH-006",
    defect: "sandbox control takes a key that was withdrawn",
    behaviour: ({ apiKey, withdrawnApiKey }) => ({
      receive(request) {
        if (request.path.startsWith("/sandbox/") && isBy(withdrawnApiKey, request)) actAs(apiKey, request);
      },
    }),
  },

  "auth-006-withdrawn-key-registers-endpoints": {
    breaks: "AUTH-006",
    defect: "endpoints may be managed with a key that was withdrawn",
    behaviour: ({ apiKey, withdrawnApiKey }) => ({
      receive(request) {
        if (request.path.startsWith("/v1/webhook-endpoints") && isBy(withdrawnApiKey, request))
          actAs(apiKey, request);
      },
    }),
  },
};
