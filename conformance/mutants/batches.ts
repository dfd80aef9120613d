import { changeOutcome, createAttemptCounter, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const batchMutants: VendorMutants = {
  "dlv-012-an-event-without-a-source": {
    breaks: "DLV-012",
    operator: "boundary",
    sharesNoRun: true,
    defect: "the last event of a batch has no source",
    setUp: { batching: true },
    behaviour: () => ({
      deliver(delivery, resign) {
        const events = JSON.parse(delivery.body);
        delete events.at(-1).source;
        return resign(delivery, { body: events });
      },
    }),
  },

  "dlv-012-any-json": {
    breaks: "DLV-012",
    operator: "plain",
    sharesNoRun: true,
    defect: "batches are sent as application/json",
    setUp: { batching: true },
    behaviour: () => ({
      deliver: (delivery) => ({
        ...delivery,
        headers: { ...delivery.headers, "content-type": "application/json" },
      }),
    }),
  },

  "dlv-013-another-id-each-time": {
    breaks: "DLV-013",
    operator: "plain",
    sharesNoRun: true,
    defect: "a batch has a different webhook-id at each attempt",
    setUp: { batching: true },
    behaviour: () => {
      const attempt = createAttemptCounter();
      return {
        deliver: (delivery, resign) =>
          resign(delivery, { id: `${delivery.headers["webhook-id"]}-${attempt(delivery)}` }),
      };
    },
  },

  "dlv-013-the-id-of-its-first-event": {
    breaks: "DLV-013",
    operator: "plain",
    sharesNoRun: true,
    defect: "the webhook-id of a batch is the id of its first event",
    setUp: { batching: true },
    behaviour: () => ({
      deliver: (delivery, resign) => resign(delivery, { id: JSON.parse(delivery.body)[0].id }),
    }),
  },

  "dlv-014-until-all-is-taken": {
    breaks: "DLV-014",
    operator: "persistence",
    sharesNoRun: true,
    defect: "a partly refused batch is sent again",
    setUp: { batching: true },
    behaviour: () => ({
      // Only a receiver that refuses part of a batch answers 200 with a body.
      send: changeOutcome((outcome) =>
        outcome.kind === "answered" && outcome.status === 200 ? { ...outcome, status: 500 } : outcome,
      ),
    }),
  },
};
