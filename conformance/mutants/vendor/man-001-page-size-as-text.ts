import { changeManifest, mutant } from "../mutant.ts";

export default mutant({
  breaks: "MAN-001",
  defect: "the manifest gives max_page_size as a string",
  behaviour: () => ({
    answer: changeManifest((manifest) => {
      manifest.inventory.max_page_size = "1000";
    }),
  }),
});
