import { hide, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SITE-002",
  defect: "sites belong to an org that is not listed",
  behaviour: () => {
    let first: string | undefined;
    return {
      answer: hide("/v1/orgs", ({ org_id }) => {
        first ??= org_id;
        return org_id === first;
      }),
    };
  },
});
