import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "SIG-001",
  defect: "the signature is written in hex",
  behaviour: () => ({
    deliver(delivery) {
      const [version, signature = ""] = (delivery.headers["webhook-signature"] ?? "").split(",");
      const hex = Buffer.from(signature, "base64").toString("hex");
      return { ...delivery, headers: { ...delivery.headers, "webhook-signature": `${version},${hex}` } };
    },
  }),
});
