import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-005",
  defect: "lets the event that arrived last stand",
  parts: () => ({
    replaces: () => true,
  }),
});
