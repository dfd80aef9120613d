import { mistake, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-014",
  defect: "a batch of which something was refused is sent again",
  setUp: { batching: true },
  behaviour: () => ({
    // Of all receivers only those that refuse a part answer with words.
    send: mistake((outcome) =>
      outcome.kind === "answered" && outcome.status === 200 ? { ...outcome, status: 500 } : outcome,
    ),
  }),
});
