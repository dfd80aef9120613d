import type { ReceiverMutants } from "./subjects/receiver-mutant.ts";

const ESCAPE = /\\u([0-9a-f]{4})/gi;

export const receivingMutants: ReceiverMutants = {
  "rcv-001-first-signature-alone": {
    breaks: "RCV-001",
    defect: "looks at the first signature of the header alone",
    parts: () => ({
      signedHeaders: (headers) => ({
        ...headers,
        "webhook-signature": String(headers["webhook-signature"]).split(" ")[0],
      }),
    }),
  },

  "rcv-001-verifies-what-it-parsed": {
    breaks: "RCV-001",
    defect: "verifies the body as a parser has left it, with escapes written out",
    parts: () => ({
      signedBytes(body) {
        const text = body.toString("utf8");
        const written = text.replace(ESCAPE, (_, digits: string) =>
          String.fromCharCode(Number.parseInt(digits, 16)),
        );
        return written === text ? body : written;
      },
    }),
  },

  "rcv-002-a-minute-alone": {
    breaks: "RCV-002",
    defect: "allows clocks to differ by a minute alone",
    parts: () => ({
      toleranceSeconds: 60,
    }),
  },

  "rcv-002-bad-request-when-stale": {
    breaks: "RCV-002",
    defect: "answers 400 to a stale timestamp",
    parts: () => ({
      unverified: ({ code }) => (code.startsWith("timestamp_") ? 400 : 401),
    }),
  },

  "rcv-002-forbids": {
    breaks: "RCV-002",
    defect: "answers 403 to a wrong signature",
    parts: () => ({
      unverified: () => 403,
    }),
  },

  "rcv-002-no-time-window": {
    breaks: "RCV-002",
    defect: "verifies the signature, and takes it however old it is",
    parts: () => ({
      toleranceSeconds: Number.MAX_SAFE_INTEGER,
    }),
  },

  "rcv-002-takes-what-is-forged": {
    breaks: "RCV-002",
    defect: "logs that a signature does not match, and takes the delivery",
    parts: () => ({
      unverified: ({ code }) => (code === "no_matching_signature" ? null : 401),
    }),
  },

  "rcv-002-unsigned-is-fine": {
    breaks: "RCV-002",
    defect: "takes deliveries without a signature, for tests",
    parts: () => ({
      unverified: ({ code }) => (code === "missing_header" ? null : 401),
    }),
  },

  "rcv-004-conflict": {
    breaks: "RCV-004",
    defect: "answers 409 to an event that it has taken before",
    parts: () => ({
      repeated: 409,
    }),
  },

  "rcv-004-takes-it-again": {
    breaks: "RCV-004",
    defect: "takes an event that comes again for news",
    parts: () => ({
      appliesRepeated: true,
      replaces: (at, known) => at >= known,
    }),
  },

  "rcv-005-last-to-arrive": {
    breaks: "RCV-005",
    defect: "lets the event that arrived last stand",
    parts: () => ({
      replaces: () => true,
    }),
  },

  "rcv-006-any-media-type": {
    breaks: "RCV-006",
    defect: "takes any media type",
    parts: () => ({
      takesMediaType: () => true,
    }),
  },

  "rcv-006-any-status": {
    breaks: "RCV-006",
    defect: "takes a status that is a number",
    parts: (right) => ({
      isEvent(value) {
        const { data } = (value ?? {}) as { readonly data?: { readonly status?: unknown } };
        return right.isEvent(value) || typeof data?.status === "number";
      },
    }),
  },

  "rcv-006-server-error": {
    breaks: "RCV-006",
    defect: "fails with 500 on a body that is no JSON",
    parts: () => ({
      notJson: 500,
    }),
  },

  "rcv-006-takes-a-megabyte": {
    breaks: "RCV-006",
    defect: "takes bodies of any size",
    parts: () => ({
      mostBytes: 16 * 1024 * 1024,
    }),
  },

  "rcv-006-unprocessable": {
    breaks: "RCV-006",
    defect: "answers 422 to JSON that is no event",
    parts: () => ({
      notAnEvent: 422,
    }),
  },

  "rcv-007-known-event-types-alone": {
    breaks: "RCV-007",
    defect: "answers 404 to event types that it does not know",
    parts: (right) => ({
      isEvent(value) {
        const { type } = (value ?? {}) as { readonly type?: unknown };
        return right.isEvent(value) && String(type).startsWith("com.convergint.");
      },
    }),
  },

  "rcv-007-listed-devices-alone": {
    breaks: "RCV-007",
    defect: "drops the events of devices that it does not know",
    parts: () => ({
      takesDevice: (isKnown) => isKnown,
    }),
  },

  "rcv-008-refuses-the-unbound": {
    breaks: "RCV-008",
    defect: "answers 404 to events of an org that is not bound",
    parts: (_right, { boundOrg }) => ({
      takesOrg: (orgId) => orgId === boundOrg,
    }),
  },

  "rcv-008-shows-the-unbound": {
    breaks: "RCV-008",
    defect: "shows devices of an org that is bound to nobody",
    parts: () => ({
      isShown: () => true,
    }),
  },

  "rcv-009-believes-any-clock": {
    breaks: "RCV-009",
    defect: "orders events by their time, however far ahead",
    parts: () => ({
      occurredAt: ({ time }) => Date.parse(time),
    }),
  },

  "rcv-010-all-or-nothing": {
    breaks: "RCV-010",
    defect: "keeps nothing of a batch with a bad event in it",
    parts: () => ({
      keptOf: (areEvents) => areEvents.map(() => areEvents.every(Boolean)),
    }),
  },

  "rcv-010-refuses-the-batch": {
    breaks: "RCV-010",
    defect: "says that every event of a batch with a bad one was refused",
    parts: () => ({
      batchAnswer: (areEvents) => ({
        accepted: 0,
        refused: areEvents.map((_, index) => ({ index, code: "invalid_event" })),
      }),
    }),
  },

  "rcv-010-says-nothing-of-the-bad": {
    breaks: "RCV-010",
    defect: "answers to a batch that all was well",
    parts: () => ({
      batchAnswer: (areEvents) => ({ accepted: areEvents.length, refused: [] }),
    }),
  },

  "rcv-013-a-hundred-kilobytes": {
    breaks: "RCV-013",
    defect: "takes bodies of 100 KiB at most, as its framework does unless told",
    parts: () => ({
      mostBytes: 100 * 1024,
    }),
  },

  "rcv-014-a-closed-schema": {
    breaks: "RCV-014",
    defect: "refuses members that it does not know",
    parts: (right) => ({
      isEvent: (value) => right.isEvent(value) && !Object.hasOwn(value as object, "vendor"),
    }),
  },

  "rcv-014-known-types-alone": {
    breaks: "RCV-014",
    defect: "refuses device types that it does not know",
    parts: (right) => ({
      isEvent(value) {
        const { data } = (value ?? {}) as { readonly data?: { readonly type?: unknown } };
        return right.isEvent(value) && data?.type !== "hoverboard";
      },
    }),
  },

  "rcv-015-any-secret-will-do": {
    breaks: "RCV-015",
    defect: "tries the secrets of every integration",
    parts: (_right, { secrets, otherSecret }) => ({
      keysFor: () => [...secrets, otherSecret],
    }),
  },

  "rcv-016-newest-secret-alone": {
    breaks: "RCV-016",
    defect: "verifies with the newest secret alone",
    parts: (_right, { secrets }) => ({
      keysFor: () => secrets.slice(0, 1),
    }),
  },
};
