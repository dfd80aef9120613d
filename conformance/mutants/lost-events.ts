import { TAKEN, type VendorMutants } from "./subjects/vendor-mutant.ts";

/** What an endpoint that is down may miss before the rest is dropped. */
const ROOM = 12;

export const lostEventMutants: VendorMutants = {
  "dlv-009-a-queue-with-an-end": {
    breaks: "DLV-009",
    defect: "of many deliveries that cannot be made, some are dropped",
    behaviour: () => {
      const failed = new Map<string, number>();
      return {
        async send(delivery, post) {
          const outcome = await post(delivery);
          if (outcome.kind !== "failed") return outcome;
          const count = (failed.get(delivery.url) ?? 0) + 1;
          failed.set(delivery.url, count);
          return count > ROOM ? TAKEN : outcome;
        },
      };
    },
  },
};
