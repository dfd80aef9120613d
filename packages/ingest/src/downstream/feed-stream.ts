import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { Change } from "../domain/change.ts";
import type { Report } from "../maintain/database-state.ts";
import type { ChangeQuery, ChangeStore } from "../store/change-store.ts";

/** One change in the form in which consumers of the feed read it. */
export const changeSchema = z
  .object({
    sequence: z.int().meta({
      description:
        "Position in the feed. To continue, set `after` to the highest position that you have read.",
    }),
    kind: z.enum([
      "device_added",
      "device_updated",
      "device_moved",
      "device_removed",
      "device_status",
      "event",
    ]),
    integration_id: z.string(),
    customer_id: z.string(),
    customer_site_id: z.string(),
    device_id: z.string().nullable(),
    changed_at: z.iso.datetime(),
    data: z.looseObject({}),
  })
  .meta({ id: "Change" });

/**
 * Serializes a change. Its data is already JSON; for an event, it contains the text that the vendor signed.
 */
export const serializeChange = ({ data, ...change }: Change): string =>
  `${JSON.stringify(change).slice(0, -1)},"data":${data}}`;

/** How often the store is checked for changes, including those of other processes. */
const LOOK_MS = 250;
/** Sending an occasional comment stops proxies from closing an idle stream. */
const KEEP_ALIVE_MS = 15_000;
const PAGE = 500;

/**
 * Streams the changes after a position as server-sent events until the client disconnects. Each event has its
 * sequence as `id`, so that a browser resumes automatically after a disconnect.
 *
 * @param signal ends the stream when the server closes
 * @param isAllowed whether the reader's token is still valid; the stream ends when it is not
 */
export async function streamFeed(
  changes: ChangeStore,
  query: Omit<ChangeQuery, "limit">,
  {
    request,
    reply,
    signal,
    report,
    clock,
    isAllowed,
  }: {
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly signal: AbortSignal;
    readonly report: Report;
    readonly clock: Clock;
    readonly isAllowed: () => Promise<boolean>;
  },
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    // Closes the connection together with the stream. Otherwise, a closing server would wait for another
    // request on the connection.
    connection: "close",
    // Stops nginx from buffering the stream.
    "x-accel-buffering": "no",
  });
  const ending = new AbortController();
  const end = () => ending.abort();
  request.raw.once("close", end);
  signal.addEventListener("abort", end, { once: true });
  let { after } = query;
  let quietMs = 0;
  const endUnlessAllowed = async () => {
    if (!(await isAllowed())) end();
  };
  /** Waits if the client reads more slowly than the server writes. */
  const send = async (text: string) => {
    if (raw.write(text)) return;
    await new Promise<void>((resolve) => callOnDrainOrEnd(raw, ending.signal, resolve));
    await endUnlessAllowed();
  };
  try {
    await send(": feed\n\n");
    while (!ending.signal.aborted) {
      // All changes up to this position are committed. The next read starts after it, so it does not scan other
      // customers' changes again.
      const last = await changes.last();
      const found = last > after ? await changes.read({ ...query, after, limit: PAGE }) : [];
      // After the read, so that no change that was stored after a revocation is sent.
      await endUnlessAllowed();
      for (const change of found) {
        if (ending.signal.aborted) break;
        // A vendor's JSON may have line breaks, but only between its tokens; in a stream they would end the data.
        const data = serializeChange(change).replaceAll(/[\r\n]/g, " ");
        await send(`id: ${change.sequence}\nevent: ${change.kind}\ndata: ${data}\n\n`);
        after = change.sequence;
      }
      if (found.length < PAGE) after = Math.max(after, last);
      if (found.length > 0) {
        quietMs = 0;
        continue;
      }
      await clock.sleep(LOOK_MS, ending.signal);
      quietMs += LOOK_MS;
      if (quietMs >= KEEP_ALIVE_MS) {
        await send(": still here\n\n");
        quietMs = 0;
      }
    }
  } catch (error) {
    report(error, "a feed stream failed; the client can resume it");
  } finally {
    signal.removeEventListener("abort", end);
    raw.end();
  }
}

function callOnDrainOrEnd(raw: FastifyReply["raw"], ended: AbortSignal, resolve: () => void): void {
  const done = () => {
    raw.off("drain", done);
    ended.removeEventListener("abort", done);
    resolve();
  };
  raw.once("drain", done);
  ended.addEventListener("abort", done, { once: true });
  if (ended.aborted) done();
}
