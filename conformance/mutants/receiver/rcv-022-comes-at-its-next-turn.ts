import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-022",
  defect: "asks again at its next turn, however long it was asked to wait",
  parts: (right) => ({ polling: { ...right.polling, patienceMs: () => 0 } }),
});
