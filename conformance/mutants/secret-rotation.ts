import type { VendorMutants } from "./subjects/vendor-mutant.ts";

export const secretRotationMutants: VendorMutants = {
  "sec-009-new-secret-alone": {
    breaks: "SEC-009",
    defect: "from the rotation on, deliveries are signed with the new secret alone",
    behaviour: () => ({
      deliver(delivery) {
        const [newest = ""] = (delivery.headers["webhook-signature"] ?? "").split(" ");
        return { ...delivery, headers: { ...delivery.headers, "webhook-signature": newest } };
      },
    }),
  },

  "sec-009-previous-secret-alone": {
    breaks: "SEC-009",
    defect: "a rotated secret is answered, and never signed with",
    behaviour: () => ({
      deliver(delivery) {
        const oldest = (delivery.headers["webhook-signature"] ?? "").split(" ").at(-1) ?? "";
        return { ...delivery, headers: { ...delivery.headers, "webhook-signature": oldest } };
      },
    }),
  },

  "sec-010-an-hour-to-change": {
    breaks: "SEC-010",
    defect: "the previous secret is good for an hour",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (status === 200 && path.endsWith("/rotate-secret"))
          body.previous_expires_at = new Date(Date.now() + 3_600_000).toISOString();
      },
    }),
  },
};
