import { type Answer, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SBX-006",
  defect: "a device that is removed stays",
  behaviour: () => {
    const added = new Map<string, Answer["body"]>();
    let lookedUp = 0;
    return {
      answer(answer, { method, path }) {
        if (method === "POST" && path === "/sandbox/devices") added.set(answer.body.device_id, answer.body);
        const [, id = ""] = /^\/v1\/devices\/(.+)$/.exec(path) ?? [];
        // The first that is looked up after it was removed; what follows from the others is no defect of the command.
        if (answer.status !== 404 || !added.has(id) || lookedUp > 0) return;
        lookedUp += 1;
        answer.status = 200;
        answer.headers["content-type"] = "application/json";
        answer.body = added.get(id);
      },
    };
  },
});
