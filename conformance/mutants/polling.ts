import type { ReceiverMutants } from "./subjects/reference-receiver.ts";

/** This time is longer than the time between any two observations. */
const FAR_MS = 1e12;

export const pollingMutants: ReceiverMutants = {
  "rcv-018-a-device-twice": {
    breaks: "RCV-018",
    operator: "plain",
    defect: "accepts a listing that contains a device twice as complete",
    parts: (correct) => ({
      polling: { ...correct.polling, rules: { ...correct.polling.rules, items: () => true } },
    }),
  },

  "rcv-018-any-snapshot": {
    breaks: "RCV-018",
    operator: "omission",
    defect: "combines pages of two snapshots",
    parts: (correct) => ({
      polling: { ...correct.polling, rules: { ...correct.polling.rules, snapshot: () => true } },
    }),
  },

  "rcv-018-counts-nothing": {
    breaks: "RCV-018",
    operator: "plain",
    defect: "accepts a listing with fewer devices than total_count as complete",
    parts: (correct) => ({
      polling: { ...correct.polling, rules: { ...correct.polling.rules, count: () => true } },
    }),
  },

  "rcv-018-polls-once": {
    breaks: "RCV-018",
    operator: "persistence",
    defect: "polls the inventory once and never again",
    parts: (correct) => ({ polling: { ...correct.polling, pollsAgain: false } }),
  },

  "rcv-018-the-first-page-alone": {
    breaks: "RCV-018",
    operator: "boundary",
    defect: "reads only the first page of a listing",
    parts: (correct) => ({
      polling: {
        ...correct.polling,
        follows: () => false,
        rules: { ...correct.polling.rules, end: () => true, count: () => true },
      },
    }),
  },

  "rcv-019-an-error-is-the-end": {
    breaks: "RCV-019",
    operator: "plain",
    defect: "treats an unreadable page as the end of a listing",
    parts: ({ polling }) => ({
      polling: {
        ...polling,
        rules: {
          ...polling.rules,
          end: ({ ended }) => ended !== "given_up",
          count: (read) => read.ended === "unreadable" || polling.rules.count(read),
        },
      },
    }),
  },

  "rcv-019-removes-nothing": {
    breaks: "RCV-019",
    operator: "persistence",
    defect: "never removes devices that are no longer listed",
    parts: (correct) => ({ polling: { ...correct.polling, removes: false } }),
  },

  "rcv-020-as-of-its-reading": {
    breaks: "RCV-020",
    operator: "staleness",
    defect: "dates a listed status by the time at which it was read",
    parts: (correct, { clock }) => ({ polling: { ...correct.polling, listedAt: () => clock.now() } }),
  },

  "rcv-020-as-of-the-snapshot": {
    breaks: "RCV-020",
    operator: "staleness",
    defect: "dates every listed status by the snapshot, ignoring status_observed_at",
    parts: (correct) => ({
      polling: { ...correct.polling, listedAt: (_device, { snapshot }) => Date.parse(snapshot.as_of) },
    }),
  },

  "rcv-020-events-before-listings": {
    breaks: "RCV-020",
    operator: "order",
    defect: "keeps the status of an event, even if a listing observed another status much later",
    parts: ({ polling }) => ({
      polling: { ...polling, listedAt: (...listed) => polling.listedAt(...listed) - FAR_MS },
    }),
  },

  "rcv-020-listings-before-events": {
    breaks: "RCV-020",
    operator: "order",
    defect: "keeps the status of a listing, even if an event reports another status much later",
    parts: ({ polling }) => ({
      polling: { ...polling, listedAt: (...listed) => polling.listedAt(...listed) + FAR_MS },
    }),
  },

  "rcv-022-comes-at-its-next-turn": {
    breaks: "RCV-022",
    operator: "plain",
    defect: "ignores Retry-After and polls again on schedule",
    parts: (correct) => ({ polling: { ...correct.polling, retryDelayMs: () => 0 } }),
  },

  "rcv-022-goes-in-circles": {
    breaks: "RCV-022",
    operator: "persistence",
    defect: "follows repeated cursors forever",
    parts: (correct) => ({ polling: { ...correct.polling, follows: () => true } }),
  },

  "rcv-024-forgets-the-word": {
    breaks: "RCV-024",
    operator: "scope",
    defect: "keeps the vendor_status of listings, but drops the vendor_status of events",
    parts: () => ({
      selectData: ({ vendor_status: _, ...kept }) => kept,
    }),
  },

  "rcv-024-two-tables": {
    breaks: "RCV-024",
    operator: "scope",
    defect: "maps vendor statuses in listings, but not in events",
    parts: (correct) => ({
      polling: {
        ...correct.polling,
        listedStatus: ({ status, vendor_status }) => (vendor_status === "Link Down" ? "degraded" : status),
      },
    }),
  },
};
