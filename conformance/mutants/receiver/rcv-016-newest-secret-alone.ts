import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-016",
  defect: "verifies with the newest secret alone",
  parts: (_right, { secrets }) => ({
    keysFor: () => secrets.slice(0, 1),
  }),
});
