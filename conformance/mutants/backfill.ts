import { emptyForUnknown, ignoreOrg, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const backfillMutants: VendorMutants = {
  "evt-023-every-other-event": {
    breaks: "EVT-023",
    defect: "backfill lists every other event",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status !== 200 || path !== "/v1/events") return;
        body.data = body.data.filter((_: unknown, index: number) => index % 2 === 0);
      },
    }),
  },

  "evt-023-ids-of-their-own": {
    breaks: "EVT-023",
    defect: "events have other ids in backfill than when they were posted",
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
    defect: "who asks for more than is kept gets what is left",
    behaviour: () => ({
      receive({ path, query }) {
        if (path === "/v1/events" && (query["after"] ?? "") < "2020") delete query["after"];
      },
    }),
  },

  "evt-026-every-org": {
    breaks: "EVT-026",
    defect: "backfill does not look at the org",
    behaviour: () => ignoreOrg("/v1/events"),
  },

  "evt-026-unknown-org-is-empty": {
    breaks: "EVT-026",
    defect: "backfill of an org that does not exist is an empty page",
    behaviour: () => ({ answer: emptyForUnknown("/v1/events", "org_id") }),
  },
};
