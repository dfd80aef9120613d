import type { ReceiverMutants } from "./subjects/reference-receiver.ts";

const ESCAPE = /\\u([0-9a-f]{4})/gi;

export const receivingMutants: ReceiverMutants = {
  "rcv-001-first-signature-alone": {
    breaks: "RCV-001",
    operator: "boundary",
    defect: "checks only the first signature of the header",
    parts: () => ({
      signedHeaders: (headers) => ({
        ...headers,
        "webhook-signature": String(headers["webhook-signature"]).split(" ")[0],
      }),
    }),
  },

  "rcv-001-verifies-what-it-parsed": {
    breaks: "RCV-001",
    operator: "plain",
    defect: "verifies the body after unescaping it, not the raw bytes",
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
    operator: "boundary",
    defect: "tolerates a clock difference of only one minute",
    parts: () => ({
      toleranceSeconds: 60,
    }),
  },

  "rcv-002-bad-request-when-stale": {
    breaks: "RCV-002",
    operator: "plain",
    defect: "answers 400 to a stale timestamp",
    parts: () => ({
      refuseUnverified: ({ code }) => (code.startsWith("timestamp_") ? 400 : 401),
    }),
  },

  "rcv-002-forbids": {
    breaks: "RCV-002",
    operator: "plain",
    defect: "answers 403 to a wrong signature",
    parts: () => ({
      refuseUnverified: () => 403,
    }),
  },

  "rcv-002-no-time-window": {
    breaks: "RCV-002",
    operator: "staleness",
    defect: "accepts a valid signature of any age",
    parts: () => ({
      toleranceSeconds: Number.MAX_SAFE_INTEGER,
    }),
  },

  "rcv-002-takes-what-is-forged": {
    breaks: "RCV-002",
    operator: "plain",
    defect: "logs a signature mismatch and accepts the delivery",
    parts: () => ({
      refuseUnverified: ({ code }) => (code === "no_matching_signature" ? null : 401),
    }),
  },

  "rcv-002-unsigned-is-fine": {
    breaks: "RCV-002",
    operator: "plain",
    defect: "accepts unsigned deliveries",
    parts: () => ({
      refuseUnverified: ({ code }) => (code === "missing_header" ? null : 401),
    }),
  },

  "rcv-002-acts-before-it-refuses": {
    breaks: "RCV-002",
    operator: "order",
    defect: "applies a forged event, and then answers 401",
    parts: () => ({
      appliesUnverified: true,
    }),
  },

  "rcv-002-parses-before-it-verifies": {
    breaks: "RCV-002",
    operator: "order",
    defect: "parses a body before verifying it, and answers 400 to a forged body that is not JSON",
    parts: () => ({
      parsesFirst: true,
    }),
  },

  "rcv-004-loses-events-under-load": {
    breaks: "RCV-004",
    operator: "omission",
    defect: "loses some of the different events that arrive at the same time, but answers 2xx",
    parts: () => ({
      pauseMs: 50,
      loses: (underWay) => underWay > 5,
    }),
  },

  "rcv-005-last-to-arrive-from-a-queue": {
    breaks: "RCV-005",
    operator: "order",
    defect: "a queue applies events 150 ms after the response, in the order of arrival",
    parts: () => ({
      delayMs: 150,
      replaces: () => true,
    }),
  },

  "rcv-004-busy-with-the-same-event": {
    breaks: "RCV-004",
    operator: "omission",
    defect: "answers 409 to a duplicate that arrives while another copy of the event is being processed",
    parts: () => ({
      pauseMs: 50,
      duplicateStatus: (underWay) => (underWay > 1 ? 409 : 204),
    }),
  },

  "rcv-004-conflict": {
    breaks: "RCV-004",
    operator: "plain",
    defect: "answers 409 to a duplicate event",
    parts: () => ({
      duplicateStatus: () => 409,
    }),
  },

  "rcv-004-takes-it-again": {
    breaks: "RCV-004",
    operator: "plain",
    defect: "applies a duplicate event again",
    parts: () => ({
      appliesDuplicates: true,
      replaces: (at, known) => at >= known,
    }),
  },

  "rcv-005-last-to-arrive": {
    breaks: "RCV-005",
    operator: "order",
    defect: "keeps the event that arrived last, not the event with the latest time",
    parts: () => ({
      replaces: () => true,
    }),
  },

  "rcv-005-times-as-text": {
    breaks: "RCV-005",
    operator: "order",
    defect: "compares times as text, so a time without a fraction sorts after other times of the same second",
    parts: ({ occurredAt }) => ({
      occurredAt: (event, receivedAt) =>
        occurredAt(event, receivedAt) + (event.time.includes(".") ? 0 : 999.5),
    }),
  },

  "rcv-005-whole-seconds": {
    breaks: "RCV-005",
    operator: "boundary",
    defect: "keeps times in whole seconds, so of two changes in one second, the last to arrive wins",
    parts: ({ occurredAt }) => ({
      occurredAt: (event, receivedAt) => 1000 * Math.floor(occurredAt(event, receivedAt) / 1000),
      replaces: (at, current) => at >= current,
    }),
  },

  "rcv-006-any-media-type": {
    breaks: "RCV-006",
    operator: "plain",
    defect: "accepts any media type",
    parts: () => ({
      acceptsMediaType: () => true,
    }),
  },

  "rcv-006-any-status": {
    breaks: "RCV-006",
    operator: "plain",
    defect: "accepts a status that is a number",
    parts: (correct) => ({
      isEvent(value) {
        const { data } = (value ?? {}) as { readonly data?: { readonly status?: unknown } };
        return correct.isEvent(value) || typeof data?.status === "number";
      },
    }),
  },

  "rcv-006-server-error": {
    breaks: "RCV-006",
    operator: "plain",
    defect: "answers 500 to a body that is not JSON",
    parts: () => ({
      invalidJsonStatus: 500,
    }),
  },

  "rcv-006-takes-a-megabyte": {
    breaks: "RCV-006",
    operator: "boundary",
    defect: "accepts bodies of any size",
    parts: () => ({
      maxBytes: 16 * 1024 * 1024,
    }),
  },

  "rcv-006-unprocessable": {
    breaks: "RCV-006",
    operator: "plain",
    defect: "answers 422 to JSON that is not an event",
    parts: () => ({
      invalidEventStatus: 422,
    }),
  },

  "rcv-007-known-event-types-alone": {
    breaks: "RCV-007",
    operator: "plain",
    defect: "answers 404 to unknown event types",
    parts: (correct) => ({
      isEvent(value) {
        const { type } = (value ?? {}) as { readonly type?: unknown };
        return correct.isEvent(value) && String(type).startsWith("com.convergint.");
      },
    }),
  },

  "rcv-007-listed-devices-alone": {
    breaks: "RCV-007",
    operator: "plain",
    defect: "drops events of unknown devices",
    polls: true,
    parts: () => ({
      acceptsDevice: (isKnown) => isKnown,
    }),
  },

  "rcv-008-refuses-the-unbound": {
    breaks: "RCV-008",
    operator: "plain",
    defect: "answers 404 to events of an unbound org",
    parts: (_correct, { boundOrg }) => ({
      acceptsOrg: (orgId) => orgId === boundOrg,
    }),
  },

  "rcv-008-refuses-unbound-sites": {
    breaks: "RCV-008",
    operator: "scope",
    defect: "answers 404 to events of an unbound site",
    parts: () => ({
      acceptsSite: (siteId) => !siteId.startsWith("site-") || siteId === "site-of-the-matrix",
    }),
  },

  "rcv-008-shows-the-unbound": {
    breaks: "RCV-008",
    operator: "plain",
    defect: "shows devices of an unbound org",
    parts: () => ({
      showsOrg: () => true,
    }),
  },

  "rcv-009-believes-any-clock": {
    breaks: "RCV-009",
    operator: "order",
    defect: "orders events by their time, however far in the future",
    parts: () => ({
      occurredAt: ({ time }) => Date.parse(time),
    }),
  },

  "rcv-010-all-or-nothing": {
    breaks: "RCV-010",
    operator: "plain",
    defect: "drops a whole batch if one event is invalid",
    parts: () => ({
      selectEvents: (areValid) => areValid.map(() => areValid.every(Boolean)),
    }),
  },

  "rcv-010-refuses-the-batch": {
    breaks: "RCV-010",
    operator: "plain",
    defect: "reports every event of a batch as refused if one event is invalid",
    parts: () => ({
      describeBatch: (areValid) => ({
        accepted: 0,
        refused: areValid.map((_, index) => ({ index, code: "invalid_event" })),
      }),
    }),
  },

  "rcv-010-says-nothing-of-the-bad": {
    breaks: "RCV-010",
    operator: "plain",
    defect: "reports every event of a batch as accepted, even invalid ones",
    parts: () => ({
      describeBatch: (areValid) => ({ accepted: areValid.length, refused: [] }),
    }),
  },

  "rcv-013-a-hundred-kilobytes": {
    breaks: "RCV-013",
    operator: "boundary",
    defect: "accepts at most 100 KiB, its framework's default",
    parts: () => ({
      maxBytes: 100 * 1024,
    }),
  },

  "rcv-014-a-closed-schema": {
    breaks: "RCV-014",
    operator: "plain",
    defect: "refuses unknown members",
    parts: (correct) => ({
      isEvent: (value) => correct.isEvent(value) && !Object.hasOwn(value as object, "vendorhint"),
    }),
  },

  "rcv-014-known-types-alone": {
    breaks: "RCV-014",
    operator: "plain",
    defect: "refuses unknown device types",
    parts: (correct) => ({
      isEvent(value) {
        const { data } = (value ?? {}) as { readonly data?: { readonly type?: unknown } };
        return correct.isEvent(value) && data?.type !== "hoverboard";
      },
    }),
  },

  "rcv-015-any-secret-will-do": {
    breaks: "RCV-015",
    operator: "plain",
    defect: "accepts the secret of any integration",
    parts: (_correct, { secrets, otherSecret }) => ({
      keysFor: () => [...secrets, otherSecret],
    }),
  },

  "rcv-016-newest-secret-alone": {
    breaks: "RCV-016",
    operator: "persistence",
    defect: "verifies only with the newest secret",
    parts: (_correct, { secrets }) => ({
      keysFor: () => secrets.slice(0, 1),
    }),
  },
};
