import { changeEach, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DEV-005",
  defect: "last_seen_at is local time written as UTC, hours ahead",
  behaviour: () => ({
    answer: changeEach("/v1/devices", (device) => {
      if (device.last_seen_at) device.last_seen_at = new Date(Date.now() + 8 * 3_600_000).toISOString();
    }),
  }),
});
