import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-007",
  defect: "drops the events of devices that it does not know",
  parts: () => ({
    takesDevice: (isKnown) => isKnown,
  }),
});
