import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-007",
  defect: "the lookup of a device is cached",
  behaviour: () => {
    const cache = new Map<string, unknown>();
    return {
      answer(answer, { path }) {
        if (answer.status !== 200 || !path.startsWith("/v1/devices/")) return;
        if (!cache.has(path)) cache.set(path, { ...answer.body, status: "online" });
        answer.body = cache.get(path);
      },
    };
  },
});
