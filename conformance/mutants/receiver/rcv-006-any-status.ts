import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-006",
  defect: "takes a status that is a number",
  parts: (right) => ({
    isEvent(value) {
      const { data } = (value ?? {}) as { readonly data?: { readonly status?: unknown } };
      return right.isEvent(value) || typeof data?.status === "number";
    },
  }),
});
