import { sleep } from "../src/harness/clock.ts";
import { isPing, type VendorMutants } from "./subjects/vendor-mutant.ts";

const LIST = "/v1/webhook-endpoints";
const NEVER = new AbortController().signal;
/** Longer than an attempt to deliver can take. */
const RETRY_MS = 4000;

export const webhookEndpointMutants: VendorMutants = {
  "dlv-015-does-not-look-at-the-org": {
    breaks: "DLV-015",
    operator: "plain",
    defect: "an endpoint for one org receives the events of every org",
    behaviour: () => ({
      read(body, path) {
        if (path === "/v1/webhook-endpoints") delete body.org_id;
      },
    }),
  },

  "dlv-015-does-not-look-at-the-types": {
    breaks: "DLV-015",
    operator: "plain",
    sharesNoRun: true,
    defect: "an endpoint for some event types receives every type",
    behaviour: () => ({
      read(body, path) {
        if (path === "/v1/webhook-endpoints") delete body.event_types;
      },
    }),
  },

  "dlv-015-types-of-every-org": {
    breaks: "DLV-015",
    operator: "combination",
    defect: "an endpoint registered for an org and some types receives these types of every org",
    behaviour: () => ({
      read(body, path) {
        if (path === "/v1/webhook-endpoints" && body.event_types) delete body.org_id;
      },
    }),
  },

  "dlv-015-other-types-get-nothing": {
    breaks: "DLV-015",
    operator: "scope",
    defect: "an endpoint registered for types other than status changes receives nothing",
    behaviour: () => {
      const silent = new Set<string>();
      return {
        answer({ status, body }, { path }) {
          if (path !== LIST || status !== 201 || !body.event_types) return;
          if (!body.event_types.includes("com.convergint.device.status_changed.v1")) silent.add(body.url);
        },
        deliver: (delivery) => (silent.has(delivery.url) ? null : delivery),
      };
    },
  },

  "dlv-016-answers-200": {
    breaks: "DLV-016",
    operator: "plain",
    defect: "a deletion is answered with 200 and a body",
    behaviour: () => ({
      answer(answer, { method, path }) {
        if (method !== "DELETE" || answer.status !== 204 || !path.startsWith("/v1/webhook-endpoints/"))
          return;
        answer.status = 200;
        answer.headers["content-type"] = "application/json";
        answer.body = { deleted: true };
      },
    }),
  },

  "dlv-016-retries-continue": {
    breaks: "DLV-016",
    operator: "combination",
    defect: "deliveries that failed before a deletion are still retried after it",
    profile: "resilience",
    alsoRecord: ["retries"],
    behaviour: ({ clock }) => {
      const urls = new Map<string, string>();
      const deleted = new Set<string>();
      return {
        answer({ status, body }, { method, path }) {
          if (path === LIST && status === 201) urls.set(`${LIST}/${body.endpoint_id}`, body.url);
          if (method === "DELETE" && status === 204) deleted.add(urls.get(path) ?? "");
        },
        async send(delivery, post) {
          const outcome = await post(delivery);
          if (outcome.kind !== "answered" || outcome.status !== 500) return outcome;
          // The vendor cancels its own retry to a deleted endpoint.
          sleep(clock, RETRY_MS, NEVER)
            .then(() => (deleted.has(delivery.url) ? post(delivery) : outcome))
            .catch(() => {});
          return outcome;
        },
      };
    },
  },

  "dlv-016-still-posted-to": {
    breaks: "DLV-016",
    operator: "persistence",
    defect: "a deleted endpoint is no longer listed, but still receives events",
    behaviour: () => {
      const deleted = new Set<string>();
      return {
        receive(request) {
          if (request.method !== "DELETE" || !request.path.startsWith(`${LIST}/`)) return;
          deleted.add(request.path.slice(LIST.length + 1));
          // Replaces the call with a request that has no effect.
          Object.assign(request, { method: "GET", path: LIST, query: { deletion: "simulated" } });
        },
        answer(answer, { path, query }) {
          if (path !== LIST || answer.status !== 200) return;
          if (query["deletion"] === "simulated") {
            answer.status = 204;
            answer.body = null;
          } else {
            answer.body.data = answer.body.data.filter(
              ({ endpoint_id }: { endpoint_id: string }) => !deleted.has(endpoint_id),
            );
          }
        },
      };
    },
  },

  "dlv-017-another-id": {
    breaks: "DLV-017",
    operator: "plain",
    defect: "the response to a ping has a different event_id than the event",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status === 202 && path.endsWith("/ping")) body.event_id = crypto.randomUUID();
      },
    }),
  },

  "dlv-017-answers-and-posts-nothing": {
    breaks: "DLV-017",
    operator: "plain",
    defect: "a ping is accepted, but no event is sent",
    behaviour: () => ({ deliver: (delivery) => (isPing(delivery) ? null : delivery) }),
  },

  "dlv-018-forgets-stopped-endpoints": {
    breaks: "DLV-018",
    operator: "scope",
    defect: "an endpoint stopped by a 410 is no longer listed",
    behaviour: () => ({
      answer({ status, body }, { method, path }) {
        if (method === "GET" && path === "/v1/webhook-endpoints" && status === 200)
          body.data = body.data.filter(({ state }: { state: string }) => state !== "stopped");
      },
    }),
  },

  "dlv-018-lists-the-last-alone": {
    breaks: "DLV-018",
    operator: "scope",
    defect: "only the endpoint registered last is listed",
    behaviour: () => ({
      answer({ status, body }, { method, path }) {
        if (method === "GET" && path === "/v1/webhook-endpoints" && status === 200)
          body.data = body.data.slice(-1);
      },
    }),
  },

  "dlv-019-posts-anywhere": {
    breaks: "DLV-019",
    operator: "plain",
    defect: "any address can be registered, including private addresses",
    behaviour: () => ({
      answer(answer, { method, path }) {
        if (method !== "POST" || path !== "/v1/webhook-endpoints" || answer.status !== 400) return;
        answer.status = 201;
        answer.headers["content-type"] = "application/json";
        answer.body = { endpoint_id: crypto.randomUUID(), url: "https://10.0.0.1/hook" };
      },
    }),
  },

  "sec-001-secrets-listed": {
    breaks: "SEC-001",
    operator: "plain",
    defect: "the endpoint listing contains the secrets",
    behaviour: () => {
      const secrets = new Map<string, string>();
      return {
        answer({ status, body }, { path, method }) {
          if (path !== "/v1/webhook-endpoints") return;
          if (status === 201) secrets.set(body.endpoint_id, body.secret);
          if (status === 200 && method === "GET")
            for (const endpoint of body.data) endpoint.secret = secrets.get(endpoint.endpoint_id);
        },
      };
    },
  },

  "sec-002-a-secret-for-each-url": {
    breaks: "SEC-002",
    operator: "scope",
    defect:
      "the secret of an endpoint is derived from its URL, so a second registration gets the secret of the first",
    behaviour: () => {
      const secrets = new Map<string, string>();
      return {
        answer({ status, body }, { path }) {
          if (path !== LIST || status !== 201) return;
          if (!secrets.has(body.url)) secrets.set(body.url, body.secret);
          body.secret = secrets.get(body.url);
        },
      };
    },
  },

  "sec-002-one-secret-for-all": {
    breaks: "SEC-002",
    operator: "plain",
    defect: "all endpoints share one secret",
    behaviour: () => {
      let shared: string | undefined;
      return {
        answer({ status, body }, { path }) {
          if (path !== "/v1/webhook-endpoints" || status !== 201) return;
          shared ??= body.secret;
          body.secret = shared;
        },
        deliver: (delivery, resign) => resign(delivery, {}),
      };
    },
  },
};
