import {
  authenticateAs,
  isAuthenticatedBy,
  type SeenRequest,
  type VendorMutants,
} from "./subjects/vendor-mutant.ts";

export const sandboxControlMutants: VendorMutants = {
  "sbx-001-answers-the-status-before": {
    breaks: "SBX-001",
    operator: "staleness",
    defect: "sandbox control returns the previous status",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status === 200 && path.startsWith("/sandbox/"))
          body.status = body.status === "online" ? "offline" : "online";
      },
    }),
  },

  "sbx-002-open-to-all": {
    breaks: "SBX-002",
    operator: "plain",
    defect: "sandbox control needs no credential",
    behaviour: ({ apiKey }) => ({
      receive: ({ path, headers }) => {
        if (path.startsWith("/sandbox/")) headers["authorization"] ??= `Bearer ${apiKey}`;
      },
    }),
  },

  "sbx-002-anyone-may-add": {
    breaks: "SBX-002",
    operator: "scope",
    defect: "adding a device needs no credential",
    behaviour: ({ apiKey }) => ({
      receive: ({ path, headers }) => {
        if (path === "/sandbox/devices") headers["authorization"] ??= `Bearer ${apiKey}`;
      },
    }),
  },

  "sbx-002-anyone-may-move": {
    breaks: "SBX-002",
    operator: "scope",
    defect: "moving a device needs no credential",
    behaviour: ({ apiKey }) => ({
      receive: ({ path, headers }) => {
        if (path.endsWith("/move")) headers["authorization"] ??= `Bearer ${apiKey}`;
      },
    }),
  },

  "sbx-002-anyone-may-publish": {
    breaks: "SBX-002",
    operator: "scope",
    defect: "publishing an event of a device needs no credential",
    behaviour: ({ apiKey }) => ({
      receive: ({ path, headers }) => {
        if (path.startsWith("/sandbox/") && path.endsWith("/events"))
          headers["authorization"] ??= `Bearer ${apiKey}`;
      },
    }),
  },

  "sbx-002-anyone-may-remove": {
    breaks: "SBX-002",
    operator: "scope",
    defect: "removing a device needs no credential",
    behaviour: ({ apiKey }) => ({
      receive: ({ method, headers }) => {
        if (method === "DELETE") headers["authorization"] ??= `Bearer ${apiKey}`;
      },
    }),
  },

  "sbx-003-removes-unknown": {
    breaks: "SBX-003",
    operator: "scope",
    defect: "removing an unknown device is answered with 204",
    behaviour: () => ({
      answer(answer, { method, path }) {
        if (answer.status !== 404 || method !== "DELETE" || !path.startsWith("/sandbox/")) return;
        answer.status = 204;
        answer.body = null;
      },
    }),
  },

  "sbx-003-accepts-unknown": {
    breaks: "SBX-003",
    operator: "plain",
    defect: "sandbox control accepts commands for unknown devices",
    behaviour: () => ({
      answer(answer, { path }) {
        if (answer.status !== 404 || !path.startsWith("/sandbox/")) return;
        answer.status = 202;
        answer.headers["content-type"] = "application/json";
        answer.body = { accepted: true };
      },
    }),
  },

  "sbx-004-open-to-production": {
    breaks: "SBX-004",
    operator: "plain",
    defect: "sandbox control accepts the key of a production tenant",
    behaviour: ({ apiKey, productionApiKey }) => ({
      receive(request) {
        if (request.path.startsWith("/sandbox/") && isAuthenticatedBy(productionApiKey, request))
          authenticateAs(apiKey, request);
      },
    }),
  },

  "sbx-004-production-plays-its-own": {
    breaks: "SBX-004",
    operator: "scope",
    defect: "sandbox control refuses a production tenant only for the first device it tries",
    behaviour({ apiKey, productionApiKey }) {
      let first: string | null = null;
      return {
        receive(request) {
          if (!request.path.startsWith("/sandbox/") || !isAuthenticatedBy(productionApiKey, request)) return;
          first ??= request.path;
          if (request.path !== first) authenticateAs(apiKey, request);
        },
      };
    },
  },

  "sbx-004-refuses-and-obeys": {
    breaks: "SBX-004",
    operator: "plain",
    defect: "sandbox control answers a production tenant with 403, but carries out the command",
    behaviour({ apiKey, productionApiKey }) {
      const obeyed = new Set<SeenRequest["headers"]>();
      return {
        receive(request) {
          if (!request.path.startsWith("/sandbox/") || !isAuthenticatedBy(productionApiKey, request)) return;
          obeyed.add(request.headers);
          authenticateAs(apiKey, request);
        },
        answer(answer, { headers }) {
          if (!obeyed.has(headers)) return;
          answer.status = 403;
          answer.headers["content-type"] = "application/problem+json";
          answer.body = { type: "about:blank", title: "Forbidden", status: 403, code: "forbidden" };
        },
      };
    },
  },
};
