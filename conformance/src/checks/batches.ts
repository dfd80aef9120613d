import { BATCH_MEDIA_TYPE, eventBatchSchema, eventSchemaOf } from "@convergint/schemas";
import { DELIVERIES, deliveriesIn } from "../evidence/deliveries.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery } from "../evidence/exchange.ts";
import { eventsOf, isBatch, mediaTypeOf, parseJson, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Failure, judgeEach, show } from "./finding.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const NO_BATCH =
  "no batch came, though the manifest declares webhooks.batching and devices changed at once; see EVT-001";
const MOST_EVENTS = 100;
const MOST_BYTES = 256 * 1024;

const idOf = ({ headers }: Delivery) => headers["webhook-id"] ?? "";
const idsIn = (delivery: Delivery) => eventsOf(delivery).map((event) => textOf(event, "id"));

/** The batches of a run, each with what came of it before at the same endpoint. */
const batchesAt = (deliveries: readonly Delivery[]) =>
  deliveries
    .filter(isBatch)
    .map((batch) => ({ at: batch.id, batch, before: deliveries.slice(0, deliveries.indexOf(batch)) }));

/** What is wrong with a batch as such, or with the first of its events that is not valid. */
function broken(batch: Delivery): Omit<Failure, "at"> | null {
  const mediaType = mediaTypeOf(batch.headers);
  if (mediaType !== BATCH_MEDIA_TYPE)
    return {
      where: "content-type",
      expected: BATCH_MEDIA_TYPE,
      actual: show(mediaType),
      hint: "Set the header of a batch yourself: by it alone a consumer tells a batch from a single event.",
    };
  const value = parseJson(Buffer.from(batch.bodyBase64, "base64").toString("utf8"));
  if (!Array.isArray(value))
    return {
      where: "body",
      expected: "an array of events",
      actual: "something else",
      hint: "Send a JSON array with nothing around it; what is one event goes out with the media type of one.",
    };
  if (value.length < 1 || value.length > MOST_EVENTS) {
    return {
      where: "body",
      expected: `from 1 to ${MOST_EVENTS} events`,
      actual: `${value.length}`,
      hint: `Begin another batch after ${MOST_EVENTS} events, and send none that is empty.`,
    };
  }
  const bytes = Buffer.byteLength(batch.bodyBase64, "base64");
  if (bytes > MOST_BYTES)
    return {
      where: "body",
      expected: `at most ${MOST_BYTES} bytes`,
      actual: `${bytes}`,
      hint: "Begin another batch before the next event would make it longer: a consumer refuses it whole with 413.",
    };
  for (const [index, event] of eventsOf(batch).entries()) {
    const wrong = findSchemaFailure(eventSchemaOf(textOf(event, "type") ?? ""), event, `/${index}`);
    if (wrong) return wrong;
  }
  return findSchemaFailure(eventBatchSchema, value);
}

const everyBatch = ({ refusing, picky }: Evidence["vendorBatches"]) =>
  [refusing, picky].flatMap(({ deliveries }) => batchesAt(deliveries));

/** Those batches too that failed otherwise than by a refusal, where the run made any fail so. */
const everyTriedBatch = ({ vendorBatches, retries }: Pick<Evidence, "vendorBatches"> & Partial<Evidence>) => [
  ...everyBatch(vendorBatches),
  ...Object.values(retries?.endpoints ?? {}).flatMap(({ deliveries }) => batchesAt(deliveries)),
];

export const batchChecks = [
  check("DLV-012", [...DELIVERIES, "vendorBatches"], ({ vendorBatches, ...evidence }) =>
    judgeEach(
      [...batchesAt(deliveriesIn(evidence).map(({ delivery }) => delivery)), ...everyBatch(vendorBatches)],
      NO_BATCH,
      ({ batch }) => broken(batch),
    ),
  ),

  check("DLV-013", ["vendorBatches"], (evidence) =>
    judgeEach(everyTriedBatch(evidence), NO_BATCH, ({ batch, before }) => {
      const id = idOf(batch);
      // One that is empty is like every other, and is DLV-012's matter.
      if (eventsOf(batch).length === 0) return null;
      if (idsIn(batch).includes(id)) {
        return {
          where: "webhook-id",
          expected: "an id of the batch's own",
          actual: `${show(id)}, the id of an event in it`,
          hint: "A consumer that knows the event by that id would take the whole batch for a repetition.",
        };
      }
      const sameId = before.find((other) => isBatch(other) && idOf(other) === id);
      if (sameId && sameId.bodyBase64 !== batch.bodyBase64) {
        return {
          where: "webhook-id",
          expected: `another id than that of ${sameId.id}, which was another batch`,
          actual: show(id),
          hint: "Give each batch an id of its own: a consumer takes the second for the first again, and its events are lost.",
        };
      }
      const sameBody = before.find((other) => other.bodyBase64 === batch.bodyBase64);
      return sameBody && idOf(sameBody) !== id
        ? {
            where: "webhook-id",
            expected: `${show(idOf(sameBody))}, as when this batch came first, as ${sameBody.id}`,
            actual: show(id),
            hint: "Make the id when the batch is made, keep it with its bytes, and send both at each attempt.",
          }
        : null;
    }),
  ),

  check("DLV-014", ["vendorBatches"], ({ vendorBatches: { refusing, picky } }) => {
    // That nothing comes again says something only of a vendor that does try again, whatever it has changed by then.
    const isRetried = batchesAt(refusing.deliveries).some(({ batch, before }) =>
      before.some((other) => idsIn(other).some((id) => id !== null && idsIn(batch).includes(id))),
    );
    return judgeEach(
      isRetried ? batchesAt(picky.deliveries) : [],
      "no batch that was refused came again, so nothing can be said of those that were taken; see DLV-001",
      ({ batch, before }) => {
        const again = idsIn(batch).find(
          (id) => id !== null && before.some((other) => idsIn(other).includes(id)),
        );
        return again === undefined
          ? null
          : {
              expected: `nothing again of what was answered with 200, whatever was listed as refused`,
              actual: `the event ${show(again)} again`,
              hint: "An event that was refused by a 2xx is kept by the consumer for people to see: the same bytes will not get better.",
            };
      },
    );
  }),
];
