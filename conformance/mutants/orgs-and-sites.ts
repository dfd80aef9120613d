import {
  type Answer,
  answerEmptyForUnknown,
  changeItems,
  hideItems,
  ignoreOrgFilter,
  type VendorMutants,
} from "./subjects/vendor-mutant.ts";

export const orgAndSiteMutants: VendorMutants = {
  "org-001-nameless": {
    breaks: "ORG-001",
    operator: "plain",
    defect: "orgs have no name",
    behaviour: () => ({
      answer: changeItems("/v1/orgs", (org) => {
        delete org.name;
      }),
    }),
  },

  "site-001-nameless": {
    breaks: "SITE-001",
    operator: "plain",
    defect: "sites have no name",
    behaviour: () => ({
      answer: changeItems("/v1/sites", (site) => {
        delete site.name;
      }),
    }),
  },

  "site-002-hidden-org": {
    breaks: "SITE-002",
    operator: "plain",
    defect: "sites belong to an org that is not listed",
    behaviour: () => {
      let first: string | undefined;
      return {
        answer: hideItems("/v1/orgs", ({ org_id }) => {
          first ??= org_id;
          return org_id === first;
        }),
      };
    },
  },

  "site-003-nowhere": {
    breaks: "SITE-003",
    operator: "plain",
    defect: "sites have neither address nor coordinates",
    behaviour: () => ({
      answer: changeItems("/v1/sites", (site) => {
        delete site.address;
        delete site.coordinates;
      }),
    }),
  },

  "site-004-invented-timezone": {
    breaks: "SITE-004",
    operator: "plain",
    defect: "a site has a time zone that is not in the IANA database",
    behaviour: () => ({
      answer: changeItems("/v1/sites", (site) => {
        site.timezone = "America/Springfield";
      }),
    }),
  },

  "site-005-ignores-the-org": {
    breaks: "SITE-005",
    operator: "plain",
    defect: "the org filter of sites is ignored",
    behaviour: () => ignoreOrgFilter("/v1/sites"),
  },

  "site-005-page-two-lacks-a-site": {
    breaks: "SITE-005",
    operator: "scope",
    defect: "the second page of an org's sites lacks a site",
    behaviour: () => ({
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/sites" || !query["org_id"] || query["cursor"] === undefined)
          return;
        body.data.shift();
        delete body.snapshot.total_count;
      },
    }),
  },

  "site-006-unknown-org-is-empty": {
    breaks: "SITE-006",
    operator: "plain",
    defect: "the site listing of an unknown org is empty",
    behaviour: ({ clock }) => ({ answer: answerEmptyForUnknown("/v1/sites", "org_id", clock) }),
  },

  "site-007-gone-with-its-last-device": {
    breaks: "SITE-007",
    operator: "boundary",
    defect: "a site is no longer listed after its last device was removed",
    behaviour: () => {
      let siteId: string | undefined;
      const gone = new Set<string>();
      let present = 0;
      return {
        answer(answer, request) {
          const { status, body } = answer;
          if (request.path === "/sandbox/devices" && status === 201) {
            siteId = body.site_id;
            present += 1;
          }
          if (request.method === "DELETE" && status === 204) {
            present -= 1;
            if (present === 0 && siteId !== undefined) gone.add(siteId);
          }
          // Hides only sites to which the suite added a device ("Annex"). Otherwise the calls at the end of
          // the run would find that other sites are missing too.
          const isHidden = ({ site_id, name }: Answer["body"]) => name.includes("Annex") && gone.has(site_id);
          hideItems("/v1/sites", isHidden)(answer, request);
        },
      };
    },
  },
};
