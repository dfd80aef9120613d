import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-010",
  defect: "keeps nothing of a batch with a bad event in it",
  parts: () => ({
    keptOf: (areEvents) => areEvents.map(() => areEvents.every(Boolean)),
  }),
});
