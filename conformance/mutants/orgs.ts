import { changeItems, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const orgMutants: VendorMutants = {
  "org-001-nameless": {
    breaks: "ORG-001",
    defect: "orgs have no name",
    behaviour: () => ({
      answer: changeItems("/v1/orgs", (org) => {
        delete org.name;
      }),
    }),
  },
};
