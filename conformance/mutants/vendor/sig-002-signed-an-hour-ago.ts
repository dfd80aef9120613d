import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SIG-002",
  defect: "the timestamp is when the event was queued, an hour ago",
  behaviour: () => ({
    deliver: (delivery, resign) => resign(delivery, { timestamp: new Date(Date.now() - 3_600_000) }),
  }),
});
