import {
  type Answer,
  answerEmptyForUnknown,
  ignoreOrgFilter,
  type VendorMutants,
} from "./subjects/vendor-mutant.ts";

export const backfillMutants: VendorMutants = {
  "evt-023-a-page-begins-with-the-last-event": {
    breaks: "EVT-023",
    operator: "boundary",
    defect: "each page of backfill begins with the last event of the previous page",
    behaviour: () => {
      let last: unknown;
      return {
        answer({ status, body }, { path, query }) {
          if (status !== 200 || path !== "/v1/events") return;
          const repeated = query["cursor"] === undefined ? [] : [last].flat();
          last = body.data.at(-1);
          body.data = [...repeated, ...body.data];
        },
      };
    },
  },

  "evt-023-after-is-exclusive": {
    breaks: "EVT-023",
    operator: "boundary",
    defect: "backfill lists only events after the time in after, not at that time",
    behaviour: () => ({
      answer({ status, body }, { path, query: { after } }) {
        if (status !== 200 || path !== "/v1/events" || after === undefined) return;
        body.data = body.data.filter(({ time }: { time: string }) => Date.parse(time) > Date.parse(after));
      },
    }),
  },

  "evt-023-every-other-event": {
    breaks: "EVT-023",
    operator: "plain",
    sharesNoRun: true,
    defect: "backfill lists only every other event",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status !== 200 || path !== "/v1/events") return;
        body.data = body.data.filter((_: unknown, index: number) => index % 2 === 0);
      },
    }),
  },

  "evt-023-grouped-by-device": {
    breaks: "EVT-023",
    operator: "order",
    defect: "each page of backfill lists the events of one device after those of another",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status !== 200 || path !== "/v1/events") return;
        body.data.sort((one: Answer["body"], other: Answer["body"]) =>
          String(one.data.device_id).localeCompare(String(other.data.device_id)),
        );
      },
    }),
  },

  "evt-023-ids-of-their-own": {
    breaks: "EVT-023",
    operator: "plain",
    defect: "events have different ids in backfill",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status === 200 && path === "/v1/events")
          for (const event of body.data) event.id = `backfill-${event.id}`;
      },
    }),
  },

  "evt-023-latest-first": {
    breaks: "EVT-023",
    operator: "order",
    defect: "backfill lists the latest event first",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status === 200 && path === "/v1/events") body.data.reverse();
      },
    }),
  },

  "evt-023-no-alarms": {
    breaks: "EVT-023",
    operator: "scope",
    defect: "backfill lists no alarm events",
    profile: ["resilience", "events:alarm"],
    alsoRecord: ["families"],
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status !== 200 || path !== "/v1/events") return;
        body.data = body.data.filter(({ type }: { type: string }) => !type.includes(".alarm."));
      },
    }),
  },

  "evt-023-undelivered-events-are-missing": {
    breaks: "EVT-023",
    operator: "omission",
    defect: "backfill lists an event only after an endpoint has accepted it",
    behaviour: () => {
      const accepted = new Set<string>();
      return {
        async send(delivery, post) {
          const outcome = await post(delivery);
          if (outcome.kind === "answered" && outcome.status < 300) accepted.add(JSON.parse(delivery.body).id);
          return outcome;
        },
        answer({ status, body }, { path }) {
          if (status !== 200 || path !== "/v1/events") return;
          body.data = body.data.filter(({ id }: { id: string }) => accepted.has(id));
        },
      };
    },
  },

  "evt-025-what-is-left": {
    breaks: "EVT-025",
    operator: "boundary",
    defect:
      "a backfill request before the start of retention returns the remaining events instead of an error",
    behaviour: () => ({
      receive({ path, query }) {
        if (path === "/v1/events" && (query["after"] ?? "") < "2020") delete query["after"];
      },
    }),
  },

  "evt-026-always-empty": {
    breaks: "EVT-026",
    operator: "plain",
    defect: "backfill of an org is always empty",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status === 200 && path === "/v1/events" && query["org_id"] !== undefined) body.data = [];
      },
    }),
  },

  "evt-026-later-pages-of-every-org": {
    breaks: "EVT-026",
    operator: "combination",
    defect:
      "with a cursor, the org filter of backfill is ignored: later pages also have events of other orgs",
    behaviour: () => {
      const seen = new Map<string, Answer["body"]>();
      return {
        answer({ status, body }, { path, query }) {
          if (status !== 200 || path !== "/v1/events") return;
          for (const event of body.data) seen.set(event.data.org_id, event);
          const { org_id, cursor } = query;
          const foreign = [...seen].find(([org]) => org !== org_id)?.[1];
          if (org_id !== undefined && cursor !== undefined && foreign) body.data.push(foreign);
        },
      };
    },
  },

  "evt-026-every-org": {
    breaks: "EVT-026",
    operator: "plain",
    defect: "backfill ignores the org filter",
    behaviour: () => ignoreOrgFilter("/v1/events"),
  },

  "evt-026-unknown-org-is-empty": {
    breaks: "EVT-026",
    operator: "plain",
    defect: "backfill of an unknown org is an empty page",
    behaviour: ({ clock }) => ({ answer: answerEmptyForUnknown("/v1/events", "org_id", clock) }),
  },
};
