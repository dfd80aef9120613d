import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-020",
  defect: "takes a listed status for one of the moment at which it reads it",
  parts: (right) => ({ polling: { ...right.polling, listedAt: () => Date.now() } }),
});
