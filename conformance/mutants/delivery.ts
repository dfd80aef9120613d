import { sleep, startTimeout } from "../src/harness/clock.ts";
import {
  changeOutcome,
  createAttemptCounter,
  SUCCESS,
  treatAsSuccess,
  type VendorMutants,
} from "./subjects/vendor-mutant.ts";

const NEVER = new AbortController().signal;
/** Longer than the time limit of a delivery attempt. */
const RETRY_MS = 4000;

export const deliveryMutants: VendorMutants = {
  "dlv-002-an-id-for-each-attempt": {
    breaks: "DLV-002",
    operator: "plain",
    defect: "each attempt has a different webhook-id",
    behaviour: () => {
      const attempt = createAttemptCounter();
      return {
        deliver(delivery, resign) {
          const count = attempt(delivery);
          return count === 1
            ? delivery
            : resign(delivery, { id: `${delivery.headers["webhook-id"]}-${count}` });
        },
      };
    },
  },

  "dlv-002-counts-in-the-body": {
    breaks: "DLV-002",
    operator: "plain",
    defect: "the body of a retry contains the number of the attempt",
    behaviour: () => {
      const attempt = createAttemptCounter();
      return {
        deliver(delivery, resign) {
          const count = attempt(delivery);
          return count === 1
            ? delivery
            : resign(delivery, { body: { ...JSON.parse(delivery.body), attempt: count } });
        },
      };
    },
  },

  "dlv-003-a-new-time-and-the-old-signature": {
    breaks: "DLV-003",
    operator: "staleness",
    sharesNoRun: true,
    defect: "a retry has a new timestamp and the signature of the first attempt",
    behaviour: () => {
      const first = new Map<string, string>();
      return {
        deliver(delivery) {
          const key = `${delivery.url} ${delivery.headers["webhook-id"]}`;
          const signature = first.get(key) ?? delivery.headers["webhook-signature"] ?? "";
          first.set(key, signature);
          return { ...delivery, headers: { ...delivery.headers, "webhook-signature": signature } };
        },
      };
    },
  },

  "dlv-003-signed-once": {
    breaks: "DLV-003",
    operator: "staleness",
    defect: "a retry has the timestamp and signature of the first attempt",
    behaviour: () => {
      const first = new Map<string, Readonly<Record<string, string>>>();
      return {
        deliver(delivery) {
          const key = `${delivery.url} ${delivery.headers["webhook-id"]}`;
          const headers = first.get(key) ?? delivery.headers;
          first.set(key, headers);
          return { ...delivery, headers };
        },
      };
    },
  },

  "dlv-004-200-and-204-alone": {
    breaks: "DLV-004",
    operator: "scope",
    defect: "202 counts as a failure",
    behaviour: () => ({
      send: changeOutcome((outcome) =>
        outcome.kind === "answered" && outcome.status === 202 ? { ...outcome, status: 500 } : outcome,
      ),
    }),
  },

  "dlv-004-a-redirect-is-fine": {
    breaks: "DLV-004",
    operator: "plain",
    defect: "a redirect counts as success",
    behaviour: () => ({ send: treatAsSuccess(307) }),
  },

  "dlv-004-a-timeout-is-fine": {
    breaks: "DLV-004",
    operator: "plain",
    defect: "a timeout counts as success",
    behaviour: () => ({
      send: changeOutcome((outcome) =>
        outcome.kind === "failed" && outcome.reason === "timeout" ? SUCCESS : outcome,
      ),
    }),
  },

  "dlv-004-a-client-error-is-final": {
    breaks: "DLV-004",
    operator: "scope",
    sharesNoRun: true,
    defect: "a delivery that was answered with 401, 403 or 404 is not retried",
    behaviour: () => ({
      send: changeOutcome((outcome) =>
        outcome.kind === "answered" && [401, 403, 404].includes(outcome.status) ? SUCCESS : outcome,
      ),
    }),
  },

  "dlv-004-follows-redirects": {
    breaks: "DLV-004",
    operator: "plain",
    defect: "redirects are followed",
    behaviour: () => ({
      async send({ url, headers, body }) {
        try {
          const answer = await fetch(url, {
            method: "POST",
            headers: { ...headers },
            body,
            redirect: "follow",
          });
          const retryAfter = answer.headers.get("retry-after");
          return {
            kind: "answered",
            status: answer.status,
            ...(retryAfter !== null && { retryAfterSeconds: Number(retryAfter) }),
          };
        } catch (error) {
          return { kind: "failed", reason: "unreachable", detail: String(error) };
        }
      },
    }),
  },

  "dlv-004-hangs-up-after-five-seconds": {
    breaks: "DLV-004",
    operator: "boundary",
    defect: "an attempt times out after 5 seconds",
    behaviour: ({ clock }) => ({
      async send({ url, headers, body }) {
        const timeout = startTimeout(clock, 5_000);
        try {
          const { status, headers: answered } = await fetch(url, {
            method: "POST",
            headers: { ...headers },
            body,
            redirect: "manual",
            signal: timeout.signal,
          });
          const retryAfter = answered.get("retry-after");
          return {
            kind: "answered",
            status,
            ...(retryAfter === null ? {} : { retryAfterSeconds: Number(retryAfter) }),
          };
        } catch (error) {
          return { kind: "failed", reason: "timeout", detail: String(error) };
        } finally {
          timeout.cancel();
        }
      },
    }),
  },

  "dlv-004-too-many-is-fine": {
    breaks: "DLV-004",
    operator: "plain",
    defect: "429 counts as success",
    behaviour: () => ({ send: treatAsSuccess(429) }),
  },

  "dlv-005-does-not-look-at-retry-after": {
    breaks: "DLV-005",
    operator: "plain",
    defect: "Retry-After is ignored",
    behaviour: () => ({
      send: changeOutcome((outcome) =>
        outcome.kind === "answered" ? { kind: "answered", status: outcome.status } : outcome,
      ),
    }),
  },

  "dlv-006-goes-on-with-the-next": {
    breaks: "DLV-006",
    operator: "persistence",
    defect: "410 ends the delivery, but does not stop the endpoint",
    behaviour: () => ({ send: treatAsSuccess(410) }),
  },

  "dlv-006-retries-continue": {
    breaks: "DLV-006",
    operator: "combination",
    defect: "a delivery that failed before a 410 is still retried after it",
    behaviour: ({ clock }) => {
      const gone = new Set<string>();
      return {
        async send(delivery, post) {
          const outcome = await post(delivery);
          if (outcome.kind !== "answered") return outcome;
          if (outcome.status === 410) gone.add(delivery.url);
          // The vendor cancels its own retry at an endpoint that was stopped.
          if (outcome.status === 500)
            sleep(clock, RETRY_MS, NEVER)
              .then(() => (gone.has(delivery.url) ? post(delivery) : outcome))
              .catch(() => {});
          return outcome;
        },
      };
    },
  },

  "dlv-006-tries-again": {
    breaks: "DLV-006",
    operator: "persistence",
    defect: "410 counts as an ordinary failure and is retried",
    behaviour: () => ({
      send: changeOutcome((outcome) =>
        outcome.kind === "answered" && outcome.status === 410 ? { ...outcome, status: 500 } : outcome,
      ),
    }),
  },

  "dlv-007-a-pool-for-all-endpoints": {
    breaks: "DLV-007",
    operator: "plain",
    defect: "four workers deliver to all endpoints except those whose deliveries fail immediately",
    behaviour: ({ clock }) => {
      let free = 4;
      const waiting: (() => void)[] = [];
      const failing = new Set<string>();
      const take = () =>
        new Promise<void>((resolve) => {
          if (free > 0) resolve();
          else waiting.push(resolve);
          free -= 1;
        });
      return {
        async send(delivery, post) {
          const { url } = delivery;
          // Retries to the endpoint that is down arrive in time. Therefore only the healthy endpoints are
          // late.
          if (failing.has(url)) return post(delivery);
          await take();
          const begun = clock.now();
          const outcome = await post(delivery);
          if (outcome.kind === "failed" && clock.now() - begun < 1000) failing.add(url);
          free += 1;
          waiting.shift()?.();
          return outcome;
        },
      };
    },
  },

  "dlv-007-waits-for-the-slow": {
    breaks: "DLV-007",
    operator: "plain",
    defect: "deliveries to a healthy endpoint wait for responses from all other endpoints",
    behaviour: () => {
      const underWay = new Set<Promise<unknown>>();
      const health = new Map<string, "good" | "bad">();
      return {
        async send(delivery, post) {
          const { url } = delivery;
          if (health.get(url) === "good") await Promise.all(underWay);
          const posting = post(delivery);
          underWay.add(posting);
          const outcome = await posting;
          underWay.delete(posting);
          const isGood = outcome.kind === "answered" && outcome.status < 300;
          health.set(url, isGood && health.get(url) !== "bad" ? "good" : "bad");
          return outcome;
        },
      };
    },
  },
};
