import { createAttemptCounter, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const secretRotationMutants: VendorMutants = {
  "sec-009-new-secret-alone": {
    breaks: "SEC-009",
    operator: "plain",
    defect: "after a rotation, deliveries are signed only with the new secret",
    behaviour: () => ({
      deliver(delivery) {
        const [newest = ""] = (delivery.headers["webhook-signature"] ?? "").split(" ");
        return { ...delivery, headers: { ...delivery.headers, "webhook-signature": newest } };
      },
    }),
  },

  "sec-009-overlap-of-three-seconds": {
    breaks: "SEC-009",
    operator: "persistence",
    defect: "three seconds after a rotation, deliveries are signed only with the new secret",
    profile: "resilience",
    alsoRecord: ["outage"],
    behaviour: ({ clock }) => {
      let rotatedAt = Number.POSITIVE_INFINITY;
      return {
        answer({ status }, { path }) {
          if (status === 200 && path.endsWith("/rotate-secret")) rotatedAt = clock.now();
        },
        deliver(delivery) {
          if (clock.now() < rotatedAt + 3000) return delivery;
          const [newest = ""] = (delivery.headers["webhook-signature"] ?? "").split(" ");
          return { ...delivery, headers: { ...delivery.headers, "webhook-signature": newest } };
        },
      };
    },
  },

  "sec-009-previous-secret-alone": {
    breaks: "SEC-009",
    operator: "staleness",
    defect: "after a rotation, deliveries are signed only with the previous secret",
    behaviour: () => ({
      deliver(delivery) {
        const oldest = (delivery.headers["webhook-signature"] ?? "").split(" ").at(-1) ?? "";
        return { ...delivery, headers: { ...delivery.headers, "webhook-signature": oldest } };
      },
    }),
  },

  "sec-009-retries-keep-their-secret": {
    breaks: "SEC-009",
    operator: "combination",
    defect: "a delivery that failed before a rotation is still retried only with the previous secret",
    profile: "resilience",
    alsoRecord: ["retries"],
    behaviour: () => {
      const attempt = createAttemptCounter();
      const signers = new Map<string, number>();
      return {
        deliver(delivery) {
          const { url, headers } = delivery;
          const signatures = (headers["webhook-signature"] ?? "").split(" ");
          const key = `${url} ${headers["webhook-id"]}`;
          if (attempt(delivery) === 1) signers.set(key, signatures.length);
          const oldest = signatures.slice(-(signers.get(key) ?? 1)).join(" ");
          return { ...delivery, headers: { ...headers, "webhook-signature": oldest } };
        },
      };
    },
  },

  "sec-010-an-hour-to-change": {
    breaks: "SEC-010",
    operator: "persistence",
    defect: "after a rotation, the previous secret expires after an hour",
    behaviour: ({ clock }) => ({
      answer({ status, body }, { path }) {
        if (status === 200 && path.endsWith("/rotate-secret"))
          body.previous_expires_at = new Date(clock.now() + 3_600_000).toISOString();
      },
    }),
  },
};
