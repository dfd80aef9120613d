import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-004",
  defect: "answers 409 to an event that it has taken before",
  parts: () => ({
    repeated: 409,
  }),
});
