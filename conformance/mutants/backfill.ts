import { answerEmptyForUnknown, ignoreOrgFilter, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const backfillMutants: VendorMutants = {
  "evt-023-every-other-event": {
    breaks: "EVT-023",
    defect: "backfill lists only every other event",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status !== 200 || path !== "/v1/events") return;
        body.data = body.data.filter((_: unknown, index: number) => index % 2 === 0);
      },
    }),
  },

  "evt-023-ids-of-their-own": {
    breaks: "EVT-023",
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
    defect: "backfill lists the latest event first",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status === 200 && path === "/v1/events") body.data.reverse();
      },
    }),
  },

  "evt-025-what-is-left": {
    breaks: "EVT-025",
    defect:
      "a backfill request before the start of retention returns the remaining events instead of an error",
    behaviour: () => ({
      receive({ path, query }) {
        if (path === "/v1/events" && (query["after"] ?? "") < "2020") delete query["after"];
      },
    }),
  },

  "evt-026-every-org": {
    breaks: "EVT-026",
    defect: "backfill ignores the org filter",
    behaviour: () => ignoreOrgFilter("/v1/events"),
  },

  "evt-026-unknown-org-is-empty": {
    breaks: "EVT-026",
    defect: "backfill of an unknown org is an empty page",
    behaviour: ({ clock }) => ({ answer: answerEmptyForUnknown("/v1/events", "org_id", clock) }),
  },
};
