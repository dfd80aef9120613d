import { hide, mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-002",
  defect: "devices stand at a site that is not listed",
  behaviour: () => {
    let first: string | undefined;
    return {
      answer: hide("/v1/sites", ({ site_id }) => {
        first ??= site_id;
        return site_id === first;
      }),
    };
  },
});
