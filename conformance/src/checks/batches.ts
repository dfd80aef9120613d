import { BATCH_MEDIA_TYPE, eventBatchSchema, eventSchemaOf } from "@convergint/schemas";
import { DELIVERIES, deliveriesIn } from "../evidence/deliveries.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery } from "../evidence/exchange.ts";
import { eventsOf, isBatch, mediaTypeOf, parseJson, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { judgeEach, type Problem, show } from "./finding.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const NO_BATCH =
  "no batch arrived, although the manifest declares webhooks.batching and several devices changed at the same time. Either no webhook arrived (see EVT-001), or the vendor waits for more events or for a failure before it sends a batch; make the sandbox send a batch as soon as two events wait";
const MAX_EVENTS = 100;
const MAX_BYTES = 256 * 1024;

const idOf = ({ headers }: Delivery) => headers["webhook-id"] ?? "";
const idsIn = (delivery: Delivery) => eventsOf(delivery).map((event) => textOf(event, "id"));

/** A batch, with the earlier deliveries to the same endpoint. */
interface Arrived {
  readonly at: string;
  readonly batch: Delivery;
  /** Computed when read: all such lists together would be far larger than the deliveries. */
  readonly before: readonly Delivery[];
}

/** Returns every batch of the deliveries. */
const batchesAt = (deliveries: readonly Delivery[]): Arrived[] =>
  deliveries.flatMap((batch, index) =>
    isBatch(batch)
      ? [
          {
            at: batch.id,
            batch,
            get before() {
              return deliveries.slice(0, index);
            },
          },
        ]
      : [],
  );

/** Returns what is wrong with a batch itself, or with the first invalid event in it. */
function findBatchProblem(batch: Delivery): Problem | null {
  const mediaType = mediaTypeOf(batch.headers);
  if (mediaType !== BATCH_MEDIA_TYPE)
    return {
      where: "content-type",
      expected: BATCH_MEDIA_TYPE,
      actual: show(mediaType),
      hint: "Set Content-Type to the batch media type. A consumer has no other way to tell a batch from a single event.",
    };
  const value = parseJson(Buffer.from(batch.bodyBase64, "base64").toString("utf8"));
  if (!Array.isArray(value))
    return {
      where: "body",
      expected: "an array of events",
      actual: "something else",
      hint: "Send a bare JSON array. Post a single event with the single-event media type.",
    };
  if (value.length < 1 || value.length > MAX_EVENTS) {
    return {
      where: "body",
      expected: `1 to ${MAX_EVENTS} events`,
      actual: `${value.length}`,
      hint: `Start a new batch after ${MAX_EVENTS} events, and never post an empty batch.`,
    };
  }
  const bytes = Buffer.byteLength(batch.bodyBase64, "base64");
  if (bytes > MAX_BYTES)
    return {
      where: "body",
      expected: `at most ${MAX_BYTES} bytes`,
      actual: `${bytes}`,
      hint: "Start a new batch before the next event would exceed the limit. A consumer answers 413 to a larger batch and refuses all its events.",
    };
  for (const [index, event] of eventsOf(batch).entries()) {
    const wrong = findSchemaFailure(eventSchemaOf(textOf(event, "type") ?? ""), event, `/${index}`);
    if (wrong) return wrong;
  }
  return findSchemaFailure(eventBatchSchema, value);
}

const findBatches = ({ refusing, picky }: Evidence["vendorBatches"]) =>
  [refusing, picky].flatMap(({ deliveries }) => batchesAt(deliveries));

/**
 * Returns the batches of `vendorBatches` and, if the run recorded `retries`, the batches sent to its
 * endpoints.
 */
const findAllBatches = ({ vendorBatches, retries }: Pick<Evidence, "vendorBatches"> & Partial<Evidence>) => [
  ...findBatches(vendorBatches),
  ...Object.values(retries?.endpoints ?? {}).flatMap(({ deliveries }) => batchesAt(deliveries)),
];

export const batchChecks = [
  check("DLV-012", [...DELIVERIES, "vendorBatches"], ({ vendorBatches, ...evidence }) =>
    judgeEach(
      [...batchesAt(deliveriesIn(evidence).map(({ delivery }) => delivery)), ...findBatches(vendorBatches)],
      NO_BATCH,
      ({ batch }) => findBatchProblem(batch),
    ),
  ),

  check("DLV-013", ["vendorBatches"], (evidence) =>
    judgeEach(findAllBatches(evidence), NO_BATCH, ({ batch, before }) => {
      const id = idOf(batch);
      // All empty batches are equal, so they cannot be compared; DLV-012 reports them.
      if (eventsOf(batch).length === 0) return null;
      if (idsIn(batch).includes(id)) {
        return {
          where: "webhook-id",
          expected: "an id that no event in the batch has",
          actual: `${show(id)}, the id of an event in the batch`,
          hint: "Generate a separate id for the batch. A consumer that already has the event with this id discards the whole batch as a duplicate.",
        };
      }
      const sameId = before.find((other) => isBatch(other) && idOf(other) === id);
      if (sameId && sameId.bodyBase64 !== batch.bodyBase64) {
        return {
          where: "webhook-id",
          expected: `an id other than the id of ${sameId.id}, a different batch`,
          actual: show(id),
          hint: "Generate a new id for each batch. A consumer discards a batch with a reused id as a duplicate, and the events in that batch are lost.",
        };
      }
      const sameBody = before.find((other) => other.bodyBase64 === batch.bodyBase64);
      return sameBody && idOf(sameBody) !== id
        ? {
            where: "webhook-id",
            expected: `${show(idOf(sameBody))}, as in ${sameBody.id}, the first attempt at this batch`,
            actual: show(id),
            hint: "Generate the id when you build the batch. Store the id with the bytes, and send both on every attempt.",
          }
        : null;
    }),
  ),

  check("DLV-014", ["vendorBatches"], ({ vendorBatches: { refusing, picky } }) => {
    // A vendor that never retries a batch does not retry an accepted batch either, which proves nothing. So
    // the check needs a retry of a refused batch.
    const isRetried = batchesAt(refusing.deliveries).some(({ batch, before }) =>
      before.some((other) => idsIn(other).some((id) => id !== null && idsIn(batch).includes(id))),
    );
    return judgeEach(
      isRetried ? batchesAt(picky.deliveries) : [],
      "the vendor did not retry refused batches, so the suite cannot tell why the vendor did not retry an accepted batch; see DLV-001",
      ({ batch, before }) => {
        const again = idsIn(batch).find(
          (id) => id !== null && before.some((other) => idsIn(other).includes(id)),
        );
        return again === undefined
          ? null
          : {
              expected: `no retry of a batch that was answered with 200, even if the response listed refused events`,
              actual: `the event ${show(again)} arrived again`,
              hint: "Treat 2xx as final for the whole batch. A consumer keeps refused events for its operators, and sending the same bytes again changes nothing.",
            };
      },
    );
  }),
];
