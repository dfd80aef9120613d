import { type Answer, mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-014",
  defect: "a device that was removed can still be looked up",
  behaviour: () => {
    const added = new Map<string, Answer["body"]>();
    let isPosting = false;
    return {
      answer(answer, { method, path }) {
        if (method === "POST" && path === "/v1/webhook-endpoints" && answer.status === 201) isPosting = true;
        if (method === "POST" && path === "/sandbox/devices") added.set(answer.body.device_id, answer.body);
        const [, id = ""] = /^\/v1\/devices\/(.+)$/.exec(path) ?? [];
        if (!isPosting || answer.status !== 404 || !added.has(id)) return;
        answer.status = 200;
        answer.headers["content-type"] = "application/json";
        answer.body = added.get(id);
      },
    };
  },
});
