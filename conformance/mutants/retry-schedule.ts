import { setTimeout as wait } from "node:timers/promises";
import {
  attemptCounter,
  changeManifest,
  mistake,
  TAKEN,
  takeForSuccess,
  type VendorMutants,
} from "./subjects/vendor-mutant.ts";

/** When the attempts come, in seconds from the first: later than chance makes any of them, so that none is left of it. */
const MOMENTS = [0, 1.5, 4.5, 10];

export const retryScheduleMutants: VendorMutants = {
  "dlv-001-an-hour-of-retries": {
    breaks: "DLV-001",
    defect: "the schedule ends after an hour",
    setUp: { retryScheduleSeconds: [1, 2, 4, 60, 600, 3000] },
    behaviour: () => ({}),
  },

  "dlv-001-never-tries-again": {
    breaks: "DLV-001",
    defect: "what was answered with 500 is not tried again",
    behaviour: () => ({ send: takeForSuccess(500) }),
  },

  "dlv-001-no-waits": {
    breaks: "DLV-001",
    defect: "retries come at once, whatever the manifest declares",
    setUp: { retryScheduleSeconds: Array.from({ length: 20 }, () => 0.05) },
    behaviour: () => ({
      answer: changeManifest(({ webhooks }) => {
        webhooks.retry_schedule_seconds = [1, 2, 4, 60, 600, 3600, 86_400];
      }),
    }),
  },

  "dlv-001-tries-once-more": {
    breaks: "DLV-001",
    defect: "what is refused twice is not tried again",
    behaviour: () => {
      const attempt = attemptCounter();
      return {
        send: mistake((outcome, delivery) => {
          const isSecond = attempt(delivery) === 2;
          return isSecond && outcome.kind === "answered" && outcome.status === 500 ? TAKEN : outcome;
        }),
      };
    },
  },

  "dlv-001-waits-that-do-not-grow": {
    breaks: "DLV-001",
    defect: "every two seconds there is another attempt",
    setUp: { retryScheduleSeconds: Array.from({ length: 43_200 }, () => 2) },
    behaviour: () => ({}),
  },

  "dlv-008-all-at-the-same-moment": {
    breaks: "DLV-008",
    defect: "no wait varies by chance",
    behaviour: () => {
      const attempt = attemptCounter();
      const begun = new Map<string, number>();
      return {
        async send(delivery, post) {
          const key = `${delivery.url} ${delivery.headers["webhook-id"]}`;
          const first = begun.get(key) ?? Date.now();
          begun.set(key, first);
          const moment = MOMENTS[attempt(delivery) - 1] ?? 0;
          await wait(Math.max(0, first + moment * 1000 - Date.now()));
          return post(delivery);
        },
      };
    },
  },

  "dlv-008-two-seconds-more-each-time": {
    breaks: "DLV-008",
    defect: "each wait is two seconds longer than the one before",
    setUp: { retryScheduleSeconds: Array.from({ length: 300 }, (_, index) => 2 * (index + 1)) },
    behaviour: () => ({}),
  },
};
