import { changeManifest, mutant } from "../mutant.ts";

export default mutant({
  breaks: "MAN-003",
  defect: "the manifest does not list the speakers that the inventory has",
  behaviour: () => ({
    answer: changeManifest((manifest) => {
      manifest.device_types = manifest.device_types.filter(
        ({ type }: { type: string }) => type !== "speaker",
      );
    }),
  }),
});
