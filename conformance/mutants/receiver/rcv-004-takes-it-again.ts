import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-004",
  defect: "takes an event that comes again for news",
  parts: () => ({
    appliesRepeated: true,
    replaces: (at, known) => at >= known,
  }),
});
