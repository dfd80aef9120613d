import { sleep } from "../src/harness/clock.ts";
import {
  changeManifest,
  changeOutcome,
  createAttemptCounter,
  SUCCESS,
  treatAsSuccess,
  type VendorMutants,
} from "./subjects/vendor-mutant.ts";

const NEVER = new AbortController().signal;

/**
 * When each attempt is sent, in seconds after the first attempt. Every retry is later than jitter could make
 * it, so the mutant shows no jitter.
 */
const MOMENTS = [0, 1.5, 4.5, 10];

export const retryScheduleMutants: VendorMutants = {
  "dlv-001-alarms-are-not-retried": {
    breaks: "DLV-001",
    operator: "scope",
    defect: "an alarm event that was answered with 500 is not retried",
    behaviour: () => ({
      send: changeOutcome((outcome, { body }) =>
        body.includes("com.convergint.alarm.") && outcome.kind === "answered" && outcome.status === 500
          ? SUCCESS
          : outcome,
      ),
    }),
  },

  "dlv-001-an-hour-of-retries": {
    breaks: "DLV-001",
    operator: "persistence",
    defect: "retries end after an hour",
    setUp: { retryScheduleSeconds: [1, 2, 4, 60, 600, 3000] },
    behaviour: () => ({}),
  },

  "dlv-001-never-tries-again": {
    breaks: "DLV-001",
    operator: "plain",
    defect: "a delivery that was answered with 500 is not retried",
    behaviour: () => ({ send: treatAsSuccess(500) }),
  },

  "dlv-001-no-waits": {
    breaks: "DLV-001",
    operator: "plain",
    sharesNoRun: true,
    defect: "retries follow immediately, whatever the manifest declares",
    setUp: { retryScheduleSeconds: Array.from({ length: 20 }, () => 0.05) },
    behaviour: () => ({
      answer: changeManifest(({ webhooks }) => {
        webhooks.retry_schedule_seconds = [1, 2, 4, 60, 600, 3600, 86_400];
      }),
    }),
  },

  "dlv-001-tries-once-more": {
    breaks: "DLV-001",
    operator: "persistence",
    defect: "a delivery is retried only once",
    behaviour: () => {
      const attempt = createAttemptCounter();
      return {
        send: changeOutcome((outcome, delivery) => {
          const isSecond = attempt(delivery) === 2;
          return isSecond && outcome.kind === "answered" && outcome.status === 500 ? SUCCESS : outcome;
        }),
      };
    },
  },

  "dlv-001-two-attempts-of-a-slow-schedule": {
    breaks: "DLV-001",
    operator: "persistence",
    defect: "a delivery is retried only once, although the schedule has six retries that begin after 5 s",
    setUp: { retryScheduleSeconds: [5, 60, 600, 3600, 21_600, 86_400] },
    behaviour: () => {
      const attempt = createAttemptCounter();
      return {
        send: changeOutcome((outcome, delivery) => {
          const isSecond = attempt(delivery) === 2;
          return isSecond && outcome.kind === "answered" && outcome.status === 500 ? SUCCESS : outcome;
        }),
      };
    },
  },

  "dlv-001-waits-that-do-not-grow": {
    breaks: "DLV-001",
    operator: "plain",
    defect: "retries follow every two seconds, without backoff",
    setUp: { retryScheduleSeconds: Array.from({ length: 43_200 }, () => 2) },
    behaviour: () => ({}),
  },

  "dlv-008-all-at-the-same-moment": {
    breaks: "DLV-008",
    operator: "plain",
    defect: "retry delays have no jitter",
    behaviour: ({ clock }) => {
      const attempt = createAttemptCounter();
      const begun = new Map<string, number>();
      return {
        async send(delivery, post) {
          const key = `${delivery.url} ${delivery.headers["webhook-id"]}`;
          const first = begun.get(key) ?? clock.now();
          begun.set(key, first);
          const moment = MOMENTS[attempt(delivery) - 1] ?? 0;
          await sleep(clock, Math.max(0, first + moment * 1000 - clock.now()), NEVER);
          return post(delivery);
        },
      };
    },
  },

  "dlv-008-two-seconds-more-each-time": {
    breaks: "DLV-008",
    operator: "plain",
    defect: "retry delays grow by two seconds each time, not exponentially",
    setUp: { retryScheduleSeconds: Array.from({ length: 300 }, (_, index) => 2 * (index + 1)) },
    behaviour: () => ({}),
  },
};
