import type { SignedRequest } from "@convergint/example-vendor-cloud";
import { changeEvent, changeManifest, isPing, type VendorMutants } from "./subjects/vendor-mutant.ts";

const shortLatency = changeManifest((manifest) => {
  manifest.webhooks.health_latency_seconds = 2;
});

/** How many devices must change at the same time for the listing to lag behind the events. */
const MANY_CHANGES = 20;

export const eventMutants: VendorMutants = {
  "evt-001-last-endpoint-only": {
    breaks: "EVT-001",
    operator: "scope",
    defect: "status changes are sent only to the endpoint registered last",
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

  "evt-001-degraded-is-not-told": {
    breaks: "EVT-001",
    operator: "scope",
    defect: "no event is sent when a device is degraded",
    behaviour: () => ({
      answer: shortLatency,
      deliver: (delivery) => (JSON.parse(delivery.body).data.status === "degraded" ? null : delivery),
    }),
  },

  "evt-001-no-recovery": {
    breaks: "EVT-001",
    operator: "scope",
    defect: "no event is sent when a device comes back online",
    behaviour: () => ({
      answer: changeManifest((manifest) => {
        manifest.webhooks.health_latency_seconds = 2;
      }),
      deliver: (delivery) => (JSON.parse(delivery.body).data.status === "online" ? null : delivery),
    }),
  },

  "evt-001-reasons-are-not-told": {
    breaks: "EVT-001",
    operator: "scope",
    defect: "no event is sent when only the reason for a status changes",
    behaviour: () => ({
      answer: shortLatency,
      deliver(delivery) {
        const { type, data } = JSON.parse(delivery.body);
        const isOnlyReason = type.includes(".status_changed.") && data.previous_status === null;
        return isOnlyReason ? null : delivery;
      },
    }),
  },

  "evt-002-media-type": {
    breaks: "EVT-002",
    operator: "plain",
    defect: "events are sent as application/json",
    behaviour: () => ({
      deliver: (delivery) => ({
        ...delivery,
        headers: { ...delivery.headers, "content-type": "application/json" },
      }),
    }),
  },

  "evt-002-no-specversion": {
    breaks: "EVT-002",
    operator: "plain",
    defect: "events lack specversion",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        delete event.specversion;
      }),
    }),
  },

  "evt-004-always-offline": {
    breaks: "EVT-004",
    operator: "plain",
    defect: "the event for a device that comes back online says offline",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        event.data.status = "offline";
      }),
    }),
  },

  "evt-005-alarms-in-local-time": {
    breaks: "EVT-005",
    operator: "scope",
    defect: "the time of an alarm event is local time marked as UTC",
    profile: "events:alarm",
    alsoRecord: ["families"],
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.type.startsWith("com.convergint.alarm."))
          event.time = new Date(Date.parse(event.time) - 5 * 3_600_000).toISOString();
      }),
    }),
  },

  "evt-005-local-time": {
    breaks: "EVT-005",
    operator: "plain",
    sharesNoRun: true,
    defect: "the time of an event is local time marked as UTC",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        event.time = new Date(Date.parse(event.time) - 6 * 3_600_000).toISOString();
      }),
    }),
  },

  "evt-007-a-listing-that-lags": {
    breaks: "EVT-007",
    operator: "staleness",
    defect: "after many changes at the same time, the listing shows the last change late",
    profile: "resilience",
    alsoRecord: ["outage"],
    behaviour: () => {
      let changes = 0;
      return {
        answer({ status, body }, { method, path, query }) {
          if (status !== 200) return;
          if (method === "POST" && path.endsWith("/status") && body.status === "offline") changes += 1;
          if (path !== "/v1/devices" || changes < MANY_CHANGES) return;
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
    operator: "persistence",
    defect: "a device that is back online stays offline in the listing",
    // The listing at the end of the run is compared with all events up to then.
    alsoRecord: ["lifecycle"],
    behaviour: () => {
      let isSending = false;
      let deviceId: string | undefined;
      return {
        answer({ status, body }, { method, path, query }) {
          if (path === "/v1/webhook-endpoints" && status === 201) isSending = true;
          if (status !== 200) return;
          // One device is enough; no other check reads its status.
          if (isSending && method === "POST" && path.endsWith("/status") && body.status === "offline")
            deviceId ??= body.device_id;
          if (path !== "/v1/devices" || query["since"] !== undefined) return;
          for (const device of body.data) if (device.device_id === deviceId) device.status = "offline";
        },
      };
    },
  },

  "evt-007-no-reason-in-lookups": {
    breaks: "EVT-007",
    operator: "plain",
    sharesNoRun: true,
    defect: "a lookup of a degraded device does not show the reason",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status === 200 && path.startsWith("/v1/devices/") && body.status === "degraded")
          body.status_reason = null;
      },
    }),
  },

  "evt-007-stale-lookup": {
    breaks: "EVT-007",
    operator: "staleness",
    defect: "device lookups are cached",
    behaviour: () => {
      const cache = new Map<string, unknown>();
      let isSending = false;
      return {
        answer(answer, { path }) {
          // Lookups before the first endpoint exists are not compared with events.
          if (path === "/v1/webhook-endpoints" && answer.status === 201) isSending = true;
          if (!isSending) return;
          if (answer.status !== 200 || !path.startsWith("/v1/devices/")) return;
          if (!cache.has(path)) cache.set(path, { ...answer.body, status: "online" });
          answer.body = cache.get(path);
        },
      };
    },
  },

  "evt-007-posts-before-it-commits": {
    breaks: "EVT-007",
    operator: "order",
    defect: "an event is posted two seconds before lookups show its status",
    behaviour: ({ clock }) => {
      const pending = new Map<string, { readonly status: string; readonly until: number }>();
      return {
        deliver(delivery) {
          const { type, data, id } = JSON.parse(delivery.body);
          // A retry, or a delivery to another endpoint, does not restart the period of two seconds.
          const key = `${data.device_id} ${id}`;
          if (type.includes(".status_changed.") && data.previous_status && !pending.has(key))
            pending.set(key, { status: data.previous_status, until: clock.now() + 2000 });
          return delivery;
        },
        answer({ status, body }, { path }) {
          if (status !== 200 || !path.startsWith("/v1/devices/")) return;
          const late = [...pending].find(
            ([key, { until }]) => key.startsWith(`${body.device_id} `) && clock.now() < until,
          );
          if (late) body.status = late[1].status;
        },
      };
    },
  },

  "evt-008-sequence-of-the-status": {
    breaks: "EVT-008",
    operator: "order",
    defect: "events have their time in whole minutes, and the rank of their status as sequence",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        event.time = `${event.time.slice(0, "2026-01-01T00:00".length)}:00Z`;
        event.sequence = String(["unknown", "degraded", "offline", "online"].indexOf(event.data.status) + 1);
      }),
    }),
  },

  "evt-008-whole-seconds": {
    breaks: "EVT-008",
    operator: "boundary",
    defect: "events have their time in whole seconds and no sequence",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        delete event.sequence;
        event.time = `${event.time.slice(0, "2026-01-01T00:00:00".length)}Z`;
      }),
    }),
  },

  "evt-008-no-order": {
    breaks: "EVT-008",
    operator: "order",
    defect: "events of one device cannot be ordered",
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

  "evt-013-every-heartbeat": {
    breaks: "EVT-013",
    operator: "persistence",
    defect: "a device's heartbeat is posted again after a second",
    behaviour: () => {
      const again = new Map<string, SignedRequest>();
      return {
        async deliver(delivery, resign) {
          const event = JSON.parse(delivery.body);
          if (event.type !== "com.convergint.device.heartbeat.v1") return delivery;
          const body = {
            ...event,
            id: `${event.id}-2`,
            time: new Date(Date.parse(event.time) + 1000).toISOString(),
          };
          again.set(`${delivery.url} ${event.id}`, await resign(delivery, { body, id: body.id }));
          return delivery;
        },
        async send(delivery, post) {
          const outcome = await post(delivery);
          const next = again.get(`${delivery.url} ${JSON.parse(delivery.body).id}`);
          if (next) await post(next);
          return outcome;
        },
      };
    },
  },
};
