import { mistake, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-006",
  defect: "410 is a failure like any other",
  behaviour: () => ({
    send: mistake((outcome) =>
      outcome.kind === "answered" && outcome.status === 410 ? { ...outcome, status: 500 } : outcome,
    ),
  }),
});
