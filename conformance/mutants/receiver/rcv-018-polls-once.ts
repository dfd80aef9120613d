import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-018",
  defect: "reads the inventory when it is set up, and never again",
  parts: (right) => ({ polling: { ...right.polling, pollsAgain: false } }),
});
