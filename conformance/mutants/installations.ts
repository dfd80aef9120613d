import { type Answer, changeEvent, dropEvents, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const installationMutants: VendorMutants = {
  "evt-014-a-name-of-its-own": {
    breaks: "EVT-014",
    operator: "plain",
    defect: "the event for an added device has the name of its type",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.type === "com.convergint.device.added.v1") event.data.name = event.data.type;
      }),
    }),
  },

  "evt-014-added-in-silence": {
    breaks: "EVT-014",
    operator: "plain",
    defect: "adding a device sends no event",
    behaviour: () => dropEvents("device.added"),
  },

  "evt-014-removed-and-still-there": {
    breaks: "EVT-014",
    operator: "persistence",
    defect: "a removed device can still be looked up",
    behaviour: () => {
      const added = new Map<string, Answer["body"]>();
      let isPosting = false;
      return {
        answer(answer, { method, path }) {
          if (method === "POST" && path === "/v1/webhook-endpoints" && answer.status === 201)
            isPosting = true;
          if (method === "POST" && path === "/sandbox/devices") added.set(answer.body.device_id, answer.body);
          const [, id = ""] = /^\/v1\/devices\/(.+)$/.exec(path) ?? [];
          if (!isPosting || answer.status !== 404 || !added.has(id)) return;
          answer.status = 200;
          answer.headers["content-type"] = "application/json";
          answer.body = added.get(id);
        },
      };
    },
  },

  "evt-014-updated-where-it-was": {
    breaks: "EVT-014",
    operator: "staleness",
    defect: "the event for a moved device has the previous site",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.type === "com.convergint.device.updated.v1")
          event.data.site_id = event.data.previous_site_id ?? event.data.site_id;
      }),
    }),
  },

  "inv-014-listed-at-both": {
    breaks: "INV-014",
    operator: "staleness",
    defect: "a moved device is still listed at its previous site",
    behaviour: () => {
      const before = new Map<string, Answer["body"]>();
      let isFirst = true;
      return {
        answer({ status, body }, { path, method, query }) {
          // Affects only the first device. The run removes that device again, so the listing at the end is
          // correct.
          if (method === "POST" && path === "/sandbox/devices" && status === 201 && isFirst) {
            before.set(body.device_id, { ...body });
            isFirst = false;
          }
          const [, gone] = /^\/sandbox\/devices\/([^/]+)$/.exec(path) ?? [];
          if (method === "DELETE" && gone !== undefined) before.delete(gone);
          if (status !== 200 || path !== "/v1/devices" || query["since"] !== undefined) return;
          const site = query["site_id"];
          for (const device of before.values()) {
            const isListed = body.data.some(
              (each: { device_id: string }) => each.device_id === device.device_id,
            );
            if (site === device.site_id && !isListed && body.next_cursor === null) body.data.push(device);
          }
          if (site !== undefined) delete body.snapshot.total_count;
        },
      };
    },
  },

  "inv-014-moved-only-by-site": {
    breaks: "INV-014",
    operator: "staleness",
    defect: "a moved device keeps its previous site in the listing of its org",
    behaviour: () => {
      const before = new Map<string, string>();
      let isFirst = true;
      return {
        answer({ status, body }, { path, query }) {
          // Affects only the first device, which the run removes again.
          if (path === "/sandbox/devices" && status === 201 && isFirst) {
            before.set(body.device_id, body.site_id);
            isFirst = false;
          }
          if (status !== 200 || path !== "/v1/devices" || query["org_id"] === undefined || query["since"])
            return;
          for (const device of body.data) device.site_id = before.get(device.device_id) ?? device.site_id;
        },
      };
    },
  },

  "sbx-006-moves-anywhere": {
    breaks: "SBX-006",
    operator: "plain",
    defect: "a move to an unknown site is answered with 200",
    behaviour: () => {
      let moved: Answer["body"] = null;
      return {
        answer(answer, { path }) {
          if (!path.endsWith("/move")) return;
          if (answer.status === 200) moved = answer.body;
          if (answer.status !== 404 || answer.body.code !== "unknown_site" || moved === null) return;
          answer.status = 200;
          answer.headers["content-type"] = "application/json";
          answer.body = moved;
        },
      };
    },
  },

  "sbx-006-publishes-any-type": {
    breaks: "SBX-006",
    operator: "plain",
    defect: "the sandbox accepts an event type that the device does not have",
    behaviour: () => ({
      answer(answer, { path }) {
        if (!path.endsWith("/events") || answer.body?.code !== "unknown_event_type") return;
        answer.status = 202;
        answer.headers["content-type"] = "application/json";
        answer.body = { event_id: "evt_made_up" };
      },
    }),
  },

  "sbx-006-adds-with-200": {
    breaks: "SBX-006",
    operator: "plain",
    defect: "adding a device is answered with 200 instead of 201",
    behaviour: () => ({
      answer(answer, { method, path }) {
        if (method === "POST" && path === "/sandbox/devices" && answer.status === 201) answer.status = 200;
      },
    }),
  },

  "sbx-006-an-event-without-an-id": {
    breaks: "SBX-006",
    operator: "plain",
    defect: "the response to publishing an event lacks event_id",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status === 202 && path.endsWith("/events")) delete body.event_id;
      },
    }),
  },

  "sbx-006-removes-nothing": {
    breaks: "SBX-006",
    operator: "plain",
    defect: "sandbox control does not remove a device",
    behaviour: () => {
      const added = new Map<string, Answer["body"]>();
      let lookedUp = 0;
      return {
        answer(answer, { method, path }) {
          if (method === "POST" && path === "/sandbox/devices") added.set(answer.body.device_id, answer.body);
          const [, id = ""] = /^\/v1\/devices\/(.+)$/.exec(path) ?? [];
          // Affects only the first lookup after a removal. A device that stays listed would break other
          // requirements too.
          if (answer.status !== 404 || !added.has(id) || lookedUp > 0) return;
          lookedUp += 1;
          answer.status = 200;
          answer.headers["content-type"] = "application/json";
          answer.body = added.get(id);
        },
      };
    },
  },
};
