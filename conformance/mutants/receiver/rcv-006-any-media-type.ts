import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-006",
  defect: "takes any media type",
  parts: () => ({
    takesMediaType: () => true,
  }),
});
