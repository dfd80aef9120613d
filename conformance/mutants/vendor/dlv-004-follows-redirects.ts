import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-004",
  defect: "redirects are followed",
  behaviour: () => ({
    async send({ url, headers, body }) {
      try {
        const answer = await fetch(url, {
          method: "POST",
          headers: { ...headers },
          body,
          redirect: "follow",
        });
        const retryAfter = answer.headers.get("retry-after");
        return {
          kind: "answered",
          status: answer.status,
          ...(retryAfter !== null && { retryAfterSeconds: Number(retryAfter) }),
        };
      } catch (error) {
        return { kind: "failed", reason: "unreachable", detail: String(error) };
      }
    },
  }),
});
