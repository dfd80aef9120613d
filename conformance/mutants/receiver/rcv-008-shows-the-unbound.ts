import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-008",
  defect: "shows devices of an org that is bound to nobody",
  parts: () => ({
    isShown: () => true,
  }),
});
