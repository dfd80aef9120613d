import { changeManifest, mutant } from "../mutant.ts";

const PING = "com.convergint.webhook.ping.v1";
const withoutPing = (entries: { type: string }[]) => entries.filter(({ type }) => type !== PING);

export default mutant({
  breaks: "MAN-008",
  defect: "pings are posted, and neither manifest nor catalogue lists them",
  behaviour: () => {
    const unlist = changeManifest((manifest) => {
      manifest.event_types = withoutPing(manifest.event_types);
    });
    return {
      answer(answer, request) {
        unlist(answer, request);
        if (request.path === "/v1/event-catalog" && answer.status === 200)
          answer.body.data = withoutPing(answer.body.data);
      },
    };
  },
});
