import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-019",
  defect: "keeps for ever what no listing has any more",
  parts: (right) => ({ polling: { ...right.polling, removes: false } }),
});
