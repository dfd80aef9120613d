import { isPing, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-017",
  defect: "a ping is accepted and never posted",
  behaviour: () => ({ deliver: (delivery) => (isPing(delivery) ? null : delivery) }),
});
