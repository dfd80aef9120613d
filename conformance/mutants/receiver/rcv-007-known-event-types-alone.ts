import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-007",
  defect: "answers 404 to event types that it does not know",
  parts: (right) => ({
    isEvent(value) {
      const { type } = (value ?? {}) as { readonly type?: unknown };
      return right.isEvent(value) && String(type).startsWith("com.convergint.");
    },
  }),
});
