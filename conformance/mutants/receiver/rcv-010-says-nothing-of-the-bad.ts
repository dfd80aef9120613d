import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-010",
  defect: "answers to a batch that all was well",
  parts: () => ({
    batchAnswer: (areEvents) => ({ accepted: areEvents.length, refused: [] }),
  }),
});
