import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-015",
  defect: "tries the secrets of every integration",
  parts: (_right, { secrets, otherSecret }) => ({
    keysFor: () => [...secrets, otherSecret],
  }),
});
