import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-002",
  defect: "logs that a signature does not match, and takes the delivery",
  parts: () => ({
    unverified: ({ code }) => (code === "no_matching_signature" ? null : 401),
  }),
});
