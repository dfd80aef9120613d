import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-009",
  defect: "orders events by their time, however far ahead",
  parts: () => ({
    occurredAt: ({ time }) => Date.parse(time),
  }),
});
