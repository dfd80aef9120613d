import { changeEvent, dropEvents, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const eventFamilyMutants: VendorMutants = {
  "evt-015-alarms-are-not-cleared": {
    breaks: "EVT-015",
    operator: "plain",
    defect: "no event is sent when an alarm is cleared",
    behaviour: () => dropEvents("alarm.cleared"),
  },

  "evt-015-an-id-for-each-alarm-event": {
    breaks: "EVT-015",
    operator: "plain",
    defect: "the event that clears an alarm has a different alarm_id",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.type === "com.convergint.alarm.cleared.v1") event.data.alarm_id = `cleared-${event.id}`;
      }),
    }),
  },

  "evt-015-batched-without-a-source": {
    breaks: "EVT-015",
    operator: "combination",
    sharesNoRun: true,
    defect: "alarm events in a batch have no source",
    setUp: { batching: true },
    behaviour: () => ({
      deliver(delivery, resign) {
        const body = JSON.parse(delivery.body);
        for (const event of [body].flat()) if (event.type.includes(".alarm.")) delete event.source;
        return resign(delivery, { body });
      },
    }),
  },

  "evt-016-another-trouble-is-cleared": {
    breaks: "EVT-016",
    operator: "plain",
    defect: "the event that clears a trouble has a different trouble_id",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.type === "com.convergint.trouble.cleared.v1") event.data.trouble_id = `cleared-${event.id}`;
      }),
    }),
  },

  "evt-016-troubles-stay-inside": {
    breaks: "EVT-016",
    operator: "plain",
    defect: "the manifest lists troubles, but no event is sent",
    behaviour: () => dropEvents("trouble.raised"),
  },

  "evt-017-denied-without-a-reason": {
    breaks: "EVT-017",
    operator: "plain",
    defect: "an access denied event has no reason",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.type === "com.convergint.access.denied.v1") delete event.data.reason;
      }),
    }),
  },

  "evt-017-granted-access-is-not-told": {
    breaks: "EVT-017",
    operator: "plain",
    sharesNoRun: true,
    defect: "no event is sent when access is granted",
    behaviour: () => dropEvents("access.granted"),
  },

  "evt-018-the-number-of-the-card": {
    breaks: "EVT-018",
    operator: "plain",
    defect: "an access event contains the card number",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.type === "com.convergint.access.granted.v1")
          event.data.credential = { ...event.data.credential, card_number: "10442" };
      }),
    }),
  },

  "evt-018-the-card-in-the-description": {
    breaks: "EVT-018",
    operator: "scope",
    defect: "the description of an access event names the card by its number",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.type === "com.convergint.access.granted.v1")
          event.data.description = "Access granted to card no. 4711-10442 at reader 2";
      }),
    }),
  },

  "evt-018-the-printed-number-as-id": {
    breaks: "EVT-018",
    operator: "plain",
    defect: "the credential_id of an access event is the number printed on the card",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.type === "com.convergint.access.granted.v1")
          event.data.credential = { credential_id: "117:10442", kind: "card" };
      }),
    }),
  },

  "evt-019-secured-doors-stay-open": {
    breaks: "EVT-019",
    operator: "plain",
    defect: "no event is sent when a door is secured",
    behaviour: () => dropEvents("door.secured"),
  },

  "evt-019-held-for-a-text": {
    breaks: "EVT-019",
    operator: "plain",
    defect: "the event for a door that is held open has its duration as a text",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.type === "com.convergint.door.held_open.v1") event.data.held_for_seconds = "60 s";
      }),
    }),
  },

  "evt-019-the-earlier-event-again": {
    breaks: "EVT-019",
    operator: "staleness",
    defect: "when a door is secured a second time, its earlier event is posted again",
    behaviour: () => {
      const first = new Map<string, { readonly id: string }>();
      return {
        deliver(delivery, resign) {
          const event = JSON.parse(delivery.body);
          if (event.type !== "com.convergint.door.secured.v1") return delivery;
          const body = first.get(event.subject) ?? event;
          first.set(event.subject, body);
          return resign(delivery, { body, id: body.id });
        },
      };
    },
  },

  "evt-020-the-recorder-for-the-camera": {
    breaks: "EVT-020",
    operator: "plain",
    defect: "a video event has the recorder as its device",
    behaviour: () => {
      let recorderId: string | undefined;
      return {
        answer({ status, body }, { path }) {
          if (status !== 200 || path !== "/v1/devices") return;
          recorderId ??= body.data.find(({ type }: { type: string }) => type === "recorder")?.device_id;
        },
        deliver: changeEvent((event) => {
          if (!event.type.startsWith("com.convergint.video.")) return;
          event.data.device_id = recorderId;
          event.subject = recorderId;
        }),
      };
    },
  },

  "evt-021-a-failed-storage-is-not-told": {
    breaks: "EVT-021",
    operator: "plain",
    defect: "no event is sent when a storage fails",
    behaviour: () => dropEvents("storage.failed"),
  },

  "evt-021-used-space-as-a-text": {
    breaks: "EVT-021",
    operator: "plain",
    defect: "a storage event has the used space as a text",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.type === "com.convergint.storage.degraded.v1") event.data.used_percent = "97 %";
      }),
    }),
  },

  "evt-022-a-connector-without-an-id": {
    breaks: "EVT-022",
    operator: "plain",
    defect: "a connector event has the connector only as its device, without a connector_id",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (!event.type.startsWith("com.convergint.connector.")) return;
        event.data.device_id = event.data.connector_id;
        delete event.data.connector_id;
      }),
    }),
  },

  "evt-022-a-lost-connector-is-not-told": {
    breaks: "EVT-022",
    operator: "plain",
    defect: "no event is sent when a connector disconnects",
    behaviour: () => dropEvents("connector.disconnected"),
  },

  "evt-022-back-as-another": {
    breaks: "EVT-022",
    operator: "persistence",
    defect: "a connector that reconnects has a different connector_id",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.type === "com.convergint.connector.reconnected.v1")
          event.data.connector_id = `again-${event.id}`;
      }),
    }),
  },
};
