import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SEC-009",
  defect: "from the rotation on, deliveries are signed with the new secret alone",
  behaviour: () => ({
    deliver(delivery) {
      const [newest = ""] = (delivery.headers["webhook-signature"] ?? "").split(" ");
      return { ...delivery, headers: { ...delivery.headers, "webhook-signature": newest } };
    },
  }),
});
