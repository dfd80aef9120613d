import { receiverMutant } from "../receiver-mutant.ts";

export default receiverMutant({
  breaks: "RCV-014",
  defect: "refuses device types that it does not know",
  parts: (right) => ({
    isEvent(value) {
      const { data } = (value ?? {}) as { readonly data?: { readonly type?: unknown } };
      return right.isEvent(value) && data?.type !== "hoverboard";
    },
  }),
});
