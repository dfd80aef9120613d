import { changesListed, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SYNC-002",
  defect: "a change of status is no change",
  behaviour: () => ({
    answer: changesListed(
      (device) => device.lifecycle === "removed" || device.name.startsWith("Conformance"),
    ),
  }),
});
