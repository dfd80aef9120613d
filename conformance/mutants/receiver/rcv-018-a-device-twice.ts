import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-018",
  defect: "takes a listing for complete that has a device twice",
  parts: (right) => ({
    polling: { ...right.polling, rules: { ...right.polling.rules, items: () => true } },
  }),
});
