import {
  type Behaviour,
  createAttemptCounter,
  SUCCESS,
  type VendorMutants,
} from "./subjects/vendor-mutant.ts";

/** The number of failed attempts at an endpoint after which further deliveries to that endpoint are dropped. */
const ROOM = 12;

/** Drops the chosen deliveries to an endpoint at which many attempts have failed. */
function dropAfterFailures(isDropped: (body: string) => boolean): Behaviour {
  const failed = new Map<string, number>();
  return {
    async send(delivery, post) {
      const outcome = await post(delivery);
      if (outcome.kind !== "failed") return outcome;
      const count = (failed.get(delivery.url) ?? 0) + 1;
      failed.set(delivery.url, count);
      return count > ROOM && isDropped(delivery.body) ? SUCCESS : outcome;
    },
  };
}

export const lostEventMutants: VendorMutants = {
  "dlv-009-alarms-without-a-queue": {
    breaks: "DLV-009",
    operator: "omission",
    defect: "if many deliveries to an endpoint fail, alarm events are dropped",
    behaviour: () => dropAfterFailures((body) => body.includes("com.convergint.alarm.")),
  },

  "dlv-009-latest-of-each-device": {
    breaks: "DLV-009",
    operator: "omission",
    defect: "an event that waits for a retry after a cut connection is replaced by the device's next event",
    behaviour: () => {
      const attempt = createAttemptCounter();
      const latest = new Map<string, string>();
      const cut = new Set<string>();
      return {
        async send(delivery, post) {
          const { id, type, data } = JSON.parse(delivery.body);
          const key = `${delivery.url} ${type} ${data.device_id}`;
          if (attempt(delivery) === 1) latest.set(key, id);
          // A delivery that timed out is retried: DLV-004 waits for that.
          else if (cut.has(`${delivery.url} ${id}`) && latest.get(key) !== id) return SUCCESS;
          const outcome = await post(delivery);
          if (outcome.kind === "failed" && outcome.reason !== "timeout") cut.add(`${delivery.url} ${id}`);
          return outcome;
        },
      };
    },
  },

  "dlv-009-a-queue-with-an-end": {
    breaks: "DLV-009",
    operator: "omission",
    defect: "if many deliveries to an endpoint fail, some are dropped",
    behaviour: () => dropAfterFailures(() => true),
  },
};
