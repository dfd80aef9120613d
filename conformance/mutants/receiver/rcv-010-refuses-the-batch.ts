import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-010",
  defect: "says that every event of a batch with a bad one was refused",
  parts: () => ({
    batchAnswer: (areEvents) => ({
      accepted: 0,
      refused: areEvents.map((_, index) => ({ index, code: "invalid_event" })),
    }),
  }),
});
