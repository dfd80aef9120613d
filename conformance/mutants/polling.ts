import type { ReceiverMutants } from "./subjects/receiver-mutant.ts";

export const pollingMutants: ReceiverMutants = {
  "rcv-018-a-device-twice": {
    breaks: "RCV-018",
    defect: "takes a listing for complete that has a device twice",
    parts: (right) => ({
      polling: { ...right.polling, rules: { ...right.polling.rules, items: () => true } },
    }),
  },

  "rcv-018-any-snapshot": {
    breaks: "RCV-018",
    defect: "puts pages of two snapshots together",
    parts: (right) => ({
      polling: { ...right.polling, rules: { ...right.polling.rules, snapshot: () => true } },
    }),
  },

  "rcv-018-counts-nothing": {
    breaks: "RCV-018",
    defect: "takes a listing for complete that has fewer devices than it promised",
    parts: (right) => ({
      polling: { ...right.polling, rules: { ...right.polling.rules, count: () => true } },
    }),
  },

  "rcv-018-polls-once": {
    breaks: "RCV-018",
    defect: "reads the inventory when it is set up, and never again",
    parts: (right) => ({ polling: { ...right.polling, pollsAgain: false } }),
  },

  "rcv-018-the-first-page-alone": {
    breaks: "RCV-018",
    defect: "reads the first page of a listing, and takes it for all",
    parts: (right) => ({
      polling: {
        ...right.polling,
        follows: () => false,
        rules: { ...right.polling.rules, end: () => true, count: () => true },
      },
    }),
  },

  "rcv-019-an-error-is-the-end": {
    breaks: "RCV-019",
    defect: "takes a page that cannot be read for the end of a listing",
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
    defect: "keeps for ever what no listing has any more",
    parts: (right) => ({ polling: { ...right.polling, removes: false } }),
  },

  "rcv-020-as-of-its-reading": {
    breaks: "RCV-020",
    defect: "takes a listed status for one of the moment at which it reads it",
    parts: (right) => ({ polling: { ...right.polling, listedAt: () => Date.now() } }),
  },

  "rcv-020-as-of-the-snapshot": {
    breaks: "RCV-020",
    defect: "takes every listed status for one of the snapshot's moment, whenever it was observed",
    parts: (right) => ({
      polling: { ...right.polling, listedAt: (_device, { snapshot }) => Date.parse(snapshot.as_of) },
    }),
  },

  "rcv-022-comes-at-its-next-turn": {
    breaks: "RCV-022",
    defect: "asks again at its next turn, however long it was asked to wait",
    parts: (right) => ({ polling: { ...right.polling, patienceMs: () => 0 } }),
  },

  "rcv-022-goes-in-circles": {
    breaks: "RCV-022",
    defect: "follows cursors as long as there are any",
    parts: (right) => ({ polling: { ...right.polling, follows: () => true } }),
  },

  "rcv-024-forgets-the-word": {
    breaks: "RCV-024",
    defect: "keeps the vendor's own word of a listing, and drops that of an event",
    parts: () => ({
      told: ({ vendor_status: _, ...kept }) => kept,
    }),
  },

  "rcv-024-two-tables": {
    breaks: "RCV-024",
    defect: "maps the vendor's words for statuses in listings, and not in events",
    parts: (right) => ({
      polling: {
        ...right.polling,
        listedStatus: ({ status, vendor_status }) => (vendor_status === "Link Down" ? "degraded" : status),
      },
    }),
  },
};
