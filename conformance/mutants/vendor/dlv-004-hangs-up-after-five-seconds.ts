import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "DLV-004",
  defect: "an answer that takes longer than 5 seconds is not waited for",
  behaviour: () => ({
    async send({ url, headers, body }) {
      try {
        const { status, headers: answered } = await fetch(url, {
          method: "POST",
          headers: { ...headers },
          body,
          redirect: "manual",
          signal: AbortSignal.timeout(5_000),
        });
        const retryAfter = answered.get("retry-after");
        return {
          kind: "answered",
          status,
          ...(retryAfter === null ? {} : { retryAfterSeconds: Number(retryAfter) }),
        };
      } catch (error) {
        return { kind: "failed", reason: "timeout", detail: String(error) };
      }
    },
  }),
});
