import { changeManifest, mutant } from "../mutant.ts";

export default mutant({
  breaks: "PAGE-008",
  defect: "a limit larger than the manifest's largest page gets a larger page",
  // More devices than a page has.
  setUp: { mostBuildings: 4 },
  behaviour: () => ({
    answer: changeManifest((manifest) => {
      manifest.inventory.max_page_size = 500;
    }),
  }),
});
