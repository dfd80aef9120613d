import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-006",
  defect: "takes bodies of any size",
  parts: () => ({
    mostBytes: 16 * 1024 * 1024,
  }),
});
