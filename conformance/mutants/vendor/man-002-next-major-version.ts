import { changeManifest, mutant } from "../mutant.ts";

export default mutant({
  breaks: "MAN-002",
  defect: "the manifest names contract version 2.0",
  behaviour: () => ({
    answer: changeManifest((manifest) => {
      manifest.contract_version = "2.0";
    }),
  }),
});
