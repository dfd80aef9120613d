import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-002",
  defect: "verifies the signature, and takes it however old it is",
  parts: () => ({
    toleranceSeconds: Number.MAX_SAFE_INTEGER,
  }),
});
