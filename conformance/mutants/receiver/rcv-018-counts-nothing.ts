import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-018",
  defect: "takes a listing for complete that has fewer devices than it promised",
  parts: (right) => ({
    polling: { ...right.polling, rules: { ...right.polling.rules, count: () => true } },
  }),
});
