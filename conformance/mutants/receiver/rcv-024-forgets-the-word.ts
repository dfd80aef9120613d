import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-024",
  defect: "keeps the vendor's own word of a listing, and drops that of an event",
  parts: () => ({
    told: ({ vendor_status: _, ...kept }) => kept,
  }),
});
