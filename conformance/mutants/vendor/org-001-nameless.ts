import { changeEach, mutant } from "../mutant.ts";

export default mutant({
  breaks: "ORG-001",
  defect: "orgs have no name",
  behaviour: () => ({
    answer: changeEach("/v1/orgs", (org) => {
      delete org.name;
    }),
  }),
});
