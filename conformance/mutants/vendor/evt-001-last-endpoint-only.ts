import { changeManifest, isPing, mutant } from "../mutant.ts";

const shortLatency = changeManifest((manifest) => {
  manifest.webhooks.health_latency_seconds = 2;
});

export default mutant({
  breaks: "EVT-001",
  defect: "a status is posted to the endpoint registered last alone",
  behaviour: () => {
    let last: string | undefined;
    return {
      answer(answer, request) {
        shortLatency(answer, request);
        if (request.path === "/v1/webhook-endpoints" && answer.status === 201) last = answer.body.url;
      },
      deliver: (delivery) => (delivery.url === last || isPing(delivery) ? delivery : null),
    };
  },
});
