import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-014",
  defect: "refuses members that it does not know",
  parts: (right) => ({
    isEvent: (value) => right.isEvent(value) && !Object.hasOwn(value as object, "vendor"),
  }),
});
