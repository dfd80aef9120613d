import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-013",
  defect: "takes bodies of 100 KiB at most, as its framework does unless told",
  parts: () => ({
    mostBytes: 100 * 1024,
  }),
});
