import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-022",
  defect: "follows cursors as long as there are any",
  parts: (right) => ({ polling: { ...right.polling, follows: () => true } }),
});
