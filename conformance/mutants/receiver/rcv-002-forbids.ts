import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-002",
  defect: "answers 403 to a wrong signature",
  parts: () => ({
    unverified: () => 403,
  }),
});
