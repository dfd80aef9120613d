import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-002",
  defect: "answers 400 to a stale timestamp",
  parts: () => ({
    unverified: ({ code }) => (code.startsWith("timestamp_") ? 400 : 401),
  }),
});
