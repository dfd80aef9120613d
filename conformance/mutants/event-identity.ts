import { changeEvent, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const eventIdentityMutants: VendorMutants = {
  "evt-003-alarms-of-an-unknown-site": {
    breaks: "EVT-003",
    operator: "scope",
    sharesNoRun: true,
    defect: "alarm events have the number of an area instead of the site's id",
    profile: "events:alarm",
    alsoRecord: ["families"],
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.type.startsWith("com.convergint.alarm.")) event.data.site_id = "area-4";
      }),
    }),
  },

  "evt-003-org-by-name": {
    breaks: "EVT-003",
    operator: "plain",
    defect: "events contain the name of the org instead of its id",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        event.data.org_id = `Example Campus ${event.data.org_id.slice(0, 4)}`;
      }),
    }),
  },

  "evt-006-cleared-by-the-raised-id": {
    breaks: "EVT-006",
    operator: "staleness",
    sharesNoRun: true,
    defect: "the event that clears an alarm has the id of the event that raised it",
    profile: "events:alarm",
    alsoRecord: ["families"],
    behaviour: () => {
      const raised = new Map<string, string>();
      return {
        deliver: changeEvent((event) => {
          const key = event.data.alarm_id;
          if (event.type === "com.convergint.alarm.raised.v1") raised.set(key, event.id);
          if (event.type === "com.convergint.alarm.cleared.v1") event.id = raised.get(key) ?? event.id;
        }),
      };
    },
  },

  "evt-006-ids-of-a-moment": {
    breaks: "EVT-006",
    operator: "omission",
    defect: "status changes of different devices in the same millisecond have the same id",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.type.includes(".status_changed.")) event.id = `evt-${Date.parse(event.time)}`;
      }),
    }),
  },

  "evt-006-device-id-as-event-id": {
    breaks: "EVT-006",
    operator: "plain",
    defect: "the id of an event is the id of its device",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.data.device_id) event.id = event.data.device_id;
      }),
    }),
  },

  "evt-009-an-id-for-each-endpoint": {
    breaks: "EVT-009",
    operator: "plain",
    defect: "an event has a different id for each endpoint",
    behaviour: () => ({
      deliver: (delivery, resign) =>
        changeEvent((event) => {
          if (event.data.device_id) event.id += new URL(delivery.url).pathname.slice(1, 9);
        })(delivery, resign),
    }),
  },

  "evt-009-an-id-for-each-endpoint-of-alarms": {
    breaks: "EVT-009",
    operator: "scope",
    defect: "an alarm event has a different id for each endpoint",
    profile: "events:alarm",
    alsoRecord: ["families"],
    behaviour: () => ({
      deliver: (delivery, resign) =>
        changeEvent((event) => {
          if (event.type.startsWith("com.convergint.alarm."))
            event.id += new URL(delivery.url).pathname.slice(1, 9);
        })(delivery, resign),
    }),
  },

  "evt-009-numbered-for-each-endpoint": {
    breaks: "EVT-009",
    operator: "order",
    defect: "the sequence of an event is counted per endpoint",
    behaviour: () => {
      const posted = new Map<string, number>();
      return {
        deliver(delivery, resign) {
          // The sequence numbers of different endpoints start at different numbers.
          const count = (posted.get(delivery.url) ?? posted.size * 100) + 1;
          posted.set(delivery.url, count);
          return changeEvent((event) => {
            event.sequence = String(count).padStart(12, "0");
          })(delivery, resign);
        },
      };
    },
  },

  "evt-010-a-source-for-each-device": {
    breaks: "EVT-010",
    operator: "plain",
    defect: "the source of an event identifies the device",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.subject) event.source = `urn:example-campus:device:${event.subject}`;
      }),
    }),
  },

  "evt-010-a-source-with-spaces": {
    breaks: "EVT-010",
    operator: "plain",
    defect: "the source of an event is a name, not a URI",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        event.source = "Example Campus Cloud";
      }),
    }),
  },

  "evt-011-a-path-for-subject": {
    breaks: "EVT-011",
    operator: "plain",
    defect: "the subject of an event is the path of the device",
    behaviour: () => ({
      deliver: changeEvent((event) => {
        if (event.subject) event.subject = `/v1/devices/${event.subject}`;
      }),
    }),
  },

  "evt-012-a-picture-inside": {
    breaks: "EVT-012",
    operator: "plain",
    defect: "an event contains an image of 300 KiB",
    behaviour: () => {
      let withImage: string | undefined;
      return {
        deliver: changeEvent((event) => {
          if (!event.data.device_id) return;
          // One event is enough. Images in all events would only make the run slow.
          withImage ??= event.id;
          if (event.id === withImage) event.data.snapshot_jpeg = "A".repeat(300 * 1024);
        }),
      };
    },
  },
};
