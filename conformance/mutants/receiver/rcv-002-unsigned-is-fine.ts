import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-002",
  defect: "takes deliveries without a signature, for tests",
  parts: () => ({
    unverified: ({ code }) => (code === "missing_header" ? null : 401),
  }),
});
