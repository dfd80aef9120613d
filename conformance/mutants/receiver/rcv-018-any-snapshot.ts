import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-018",
  defect: "puts pages of two snapshots together",
  parts: (right) => ({
    polling: { ...right.polling, rules: { ...right.polling.rules, snapshot: () => true } },
  }),
});
