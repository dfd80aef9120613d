import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-020",
  defect: "takes every listed status for one of the snapshot's moment, whenever it was observed",
  parts: (right) => ({
    polling: { ...right.polling, listedAt: (_device, { snapshot }) => Date.parse(snapshot.as_of) },
  }),
});
