import { changeManifest, mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-001",
  defect: "retries come at once, whatever the manifest declares",
  setUp: { retryScheduleSeconds: Array.from({ length: 20 }, () => 0.05) },
  behaviour: () => ({
    answer: changeManifest(({ webhooks }) => {
      webhooks.retry_schedule_seconds = [1, 2, 4, 60, 600, 3600, 86_400];
    }),
  }),
});
