import { changeManifest, mutant } from "../mutant.ts";

export default mutant({
  breaks: "MAN-004",
  defect: "the manifest offers status_changed by backfill only",
  behaviour: () => ({
    answer: changeManifest((manifest) => {
      for (const entry of manifest.event_types) entry.delivery = ["backfill"];
    }),
  }),
});
