import { isBy, mutant } from "../mutant.ts";

export default mutant({
  breaks: "SEC-008",
  defect: "every event is posted to the second tenant's endpoints, whichever org it is of",
  behaviour({ secondApiKey }) {
    const theirs = new Set<string>();
    return {
      answer({ status, body }, request) {
        const registered = status === 201 && request.path === "/v1/webhook-endpoints";
        if (registered && isBy(secondApiKey, request)) theirs.add(body.url);
      },
      async deliver(delivery, resign) {
        for (const url of theirs.has(delivery.url) ? [] : theirs) {
          const copy = await resign({ ...delivery, url }, { body: JSON.parse(delivery.body) });
          await fetch(url, { method: "POST", headers: copy.headers, body: copy.body });
        }
        return delivery;
      },
    };
  },
});
