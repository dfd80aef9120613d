import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-024",
  defect: "maps the vendor's words for statuses in listings, and not in events",
  parts: (right) => ({
    polling: {
      ...right.polling,
      listedStatus: ({ status, vendor_status }) => (vendor_status === "Link Down" ? "degraded" : status),
    },
  }),
});
