import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-018",
  defect: "reads the first page of a listing, and takes it for all",
  parts: (right) => ({
    polling: {
      ...right.polling,
      follows: () => false,
      rules: { ...right.polling.rules, end: () => true, count: () => true },
    },
  }),
});
