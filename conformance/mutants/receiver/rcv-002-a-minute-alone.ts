import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-002",
  defect: "allows clocks to differ by a minute alone",
  parts: () => ({
    toleranceSeconds: 60,
  }),
});
