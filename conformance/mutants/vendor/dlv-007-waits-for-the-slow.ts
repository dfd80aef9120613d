import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-007",
  defect: "an endpoint in good health waits until every other has answered",
  behaviour: () => {
    const underWay = new Set<Promise<unknown>>();
    const health = new Map<string, "good" | "bad">();
    return {
      async send(delivery, post) {
        const { url } = delivery;
        if (health.get(url) === "good") await Promise.all(underWay);
        const posting = post(delivery);
        underWay.add(posting);
        const outcome = await posting;
        underWay.delete(posting);
        const isGood = outcome.kind === "answered" && outcome.status < 300;
        health.set(url, isGood && health.get(url) !== "bad" ? "good" : "bad");
        return outcome;
      },
    };
  },
});
