import { changeEvent, changeManifest, isPing, type VendorMutants } from "./subjects/vendor-mutant.ts";

const shortLatency = changeManifest((manifest) => {
  manifest.webhooks.health_latency_seconds = 2;
});

/** So many changes at once are written down later than they are told of. */
const MANY = 20;

export const eventMutants: VendorMutants = {
  "evt-001-last-endpoint-only": {
    breaks: "EVT-001",
    defect: "a status is posted to the endpoint registered last alone",
    behaviour: () => {
      let last: string | undefined;
      return {
        answer(answer, request) {
          shortLatency(answer, request);
          if (request.path === "/v1/webhook-endpoints" && answer.status === 201) last = answer.body.url;
        },
        deliver: (delivery) => (delivery.url === last || isPing(delivery) ? delivery : null),
      };
    },
  },

  "evt-001-no-recovery": {
    breaks: "EVT-001",
    defect: "a device that comes back is not told of",
    behaviour: () => ({
      answer: changeManifest((manifest) => {
        manifest.webhooks.health_latency_seconds = 2;
      }),
      deliver: (delivery) => (JSON.parse(delivery.body).data.status === "online" ? null : delivery),
    }),
  },

  "evt-002-media-type": {
    breaks: "EVT-002",
    defect: "events are posted as application/json",
    behaviour: () => ({
      deliver: (delivery) => ({
        ...delivery,
        headers: { ...delivery.headers, "content-type": "application/json" },
      }),
    }),
  },

  "evt-002-no-specversion": {
    breaks: "EVT-002",
    defect: "events lack specversion",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        delete event.specversion;
      }),
    }),
  },

  "evt-003-org-by-name": {
    breaks: "EVT-003",
    defect: "events name the org by its name, not by its id",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        event.data.org_id = `Example Campus ${event.data.org_id.slice(0, 4)}`;
      }),
    }),
  },

  "evt-004-always-offline": {
    breaks: "EVT-004",
    defect: "a device that comes back is told of as offline",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        event.data.status = "offline";
      }),
    }),
  },

  "evt-005-local-time": {
    breaks: "EVT-005",
    defect: "the time of an event is local time written as UTC",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        event.time = new Date(Date.parse(event.time) - 6 * 3_600_000).toISOString();
      }),
    }),
  },

  "evt-006-device-id-as-event-id": {
    breaks: "EVT-006",
    defect: "the id of an event is the id of its device",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.data.device_id) event.id = event.data.device_id;
      }),
    }),
  },

  "evt-007-a-listing-that-lags": {
    breaks: "EVT-007",
    defect: "of many changes at once, the last is in the listing only later",
    profile: "resilience",
    behaviour: () => {
      let changes = 0;
      return {
        answer({ status, body }, { method, path, query }) {
          if (status !== 200) return;
          if (method === "POST" && path.endsWith("/status") && body.status === "offline") changes += 1;
          if (path !== "/v1/devices" || changes < MANY) return;
          const late = body.data.findLast(
            (device: { status: string; status_reason: unknown }) =>
              device.status === "offline" && device.status_reason === null,
          );
          if (late && query["since"] === undefined) late.status = "online";
        },
      };
    },
  },

  "evt-007-offline-in-the-listing-for-good": {
    breaks: "EVT-007",
    defect: "a device that is online again stays offline in the listing",
    behaviour: () => {
      let isAwaited = false;
      let deviceId: string | undefined;
      return {
        answer({ status, body }, { method, path, query }) {
          if (path === "/v1/webhook-endpoints" && status === 201) isAwaited = true;
          if (status !== 200) return;
          // One is enough, of which nothing else is asked.
          if (isAwaited && method === "POST" && path.endsWith("/status") && body.status === "offline")
            deviceId ??= body.device_id;
          if (path !== "/v1/devices" || query["since"] !== undefined) return;
          for (const device of body.data) if (device.device_id === deviceId) device.status = "offline";
        },
      };
    },
  },

  "evt-007-stale-lookup": {
    breaks: "EVT-007",
    defect: "the lookup of a device is cached",
    behaviour: () => {
      const cache = new Map<string, unknown>();
      let isAwaited = false;
      return {
        answer(answer, { path }) {
          // What is looked up before anybody waits for events says nothing of whether they agree.
          if (path === "/v1/webhook-endpoints" && answer.status === 201) isAwaited = true;
          if (!isAwaited) return;
          if (answer.status !== 200 || !path.startsWith("/v1/devices/")) return;
          if (!cache.has(path)) cache.set(path, { ...answer.body, status: "online" });
          answer.body = cache.get(path);
        },
      };
    },
  },

  "evt-008-no-order": {
    breaks: "EVT-008",
    defect: "events of one device cannot be put in order",
    behaviour: () => {
      let time: string | undefined;
      return {
        deliver: changeEvent((event) => {
          time ??= event.time;
          event.time = time;
          delete event.sequence;
        }),
      };
    },
  },
};
