import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-007",
  defect: "the lookup of a device is cached",
  behaviour: () => {
    const cache = new Map<string, unknown>();
    let isAwaited = false;
    return {
      answer(answer, { path }) {
        // What is looked up before anybody waits for events says nothing of whether they agree.
        if (path === "/v1/webhook-endpoints" && answer.status === 201) isAwaited = true;
        if (!isAwaited) return;
        if (answer.status !== 200 || !path.startsWith("/v1/devices/")) return;
        if (!cache.has(path)) cache.set(path, { ...answer.body, status: "online" });
        answer.body = cache.get(path);
      },
    };
  },
});
