import { mistake, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-004",
  defect: "202 is taken for a failure",
  behaviour: () => ({
    send: mistake((outcome) =>
      outcome.kind === "answered" && outcome.status === 202 ? { ...outcome, status: 500 } : outcome,
    ),
  }),
});
