import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SEC-009",
  defect: "a rotated secret is answered, and never signed with",
  behaviour: () => ({
    deliver(delivery) {
      const oldest = (delivery.headers["webhook-signature"] ?? "").split(" ").at(-1) ?? "";
      return { ...delivery, headers: { ...delivery.headers, "webhook-signature": oldest } };
    },
  }),
});
