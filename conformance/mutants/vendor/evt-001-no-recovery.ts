import { changeManifest, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-001",
  defect: "a device that comes back is not told of",
  behaviour: () => ({
    answer: changeManifest((manifest) => {
      manifest.webhooks.health_latency_seconds = 2;
    }),
    deliver: (delivery) => (JSON.parse(delivery.body).data.status === "online" ? null : delivery),
  }),
});
