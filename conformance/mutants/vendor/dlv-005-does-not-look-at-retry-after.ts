import { mistake, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-005",
  defect: "Retry-After is not looked at",
  behaviour: () => ({
    send: mistake((outcome) =>
      outcome.kind === "answered" ? { kind: "answered", status: outcome.status } : outcome,
    ),
  }),
});
