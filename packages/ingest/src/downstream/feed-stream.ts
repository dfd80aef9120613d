import { setTimeout as pause } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ChangeQuery, ChangeStore } from "../store/change-store.ts";
import { shownChange } from "./shown-change.ts";

/** How soon after its commit a change is sent, at the latest; another process may have made it. */
const LOOK_MS = 250;
/** A comment now and then keeps proxies from closing what is quiet. */
const KEEP_ALIVE_MS = 15_000;
const PAGE = 500;

/**
 * Sends the changes as server-sent events, from a position on and for as long as the reader stays. Each has its
 * sequence as `id`, so that a browser goes on by itself where it was cut off.
 *
 * @param signal ends it when the server closes
 */
export async function streamFeed(
  changes: ChangeStore,
  query: Omit<ChangeQuery, "limit">,
  {
    request,
    reply,
    signal,
  }: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly signal: AbortSignal },
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    // Nothing follows it, and a server that closes must not wait for what might.
    connection: "close",
    // Or nginx would hold it back.
    "x-accel-buffering": "no",
  });
  const ending = new AbortController();
  const end = () => ending.abort();
  request.raw.once("close", end);
  signal.addEventListener("abort", end, { once: true });
  let { after } = query;
  let quietMs = 0;
  /** Waits for a reader that is slower than we are. */
  const send = async (text: string) => {
    if (!raw.write(text)) await new Promise<void>((resolve) => onDrainOrEnd(raw, ending.signal, resolve));
  };
  try {
    await send(": the feed\n\n");
    while (!ending.signal.aborted) {
      const found = await changes.read({ ...query, after, limit: PAGE });
      for (const change of found) {
        if (ending.signal.aborted) break;
        await send(`id: ${change.sequence}\nevent: ${change.kind}\ndata: ${shownChange(change)}\n\n`);
        after = change.sequence;
      }
      if (found.length > 0) {
        quietMs = 0;
        continue;
      }
      await pause(LOOK_MS, undefined, { signal: ending.signal }).catch(() => {});
      quietMs += LOOK_MS;
      if (quietMs >= KEEP_ALIVE_MS) {
        await send(": still here\n\n");
        quietMs = 0;
      }
    }
  } catch (error) {
    request.log.error({ err: error }, "the feed broke off; its reader goes on where it was");
  } finally {
    signal.removeEventListener("abort", end);
    raw.end();
  }
}

function onDrainOrEnd(raw: FastifyReply["raw"], ended: AbortSignal, resolve: () => void): void {
  const done = () => {
    raw.off("drain", done);
    ended.removeEventListener("abort", done);
    resolve();
  };
  raw.once("drain", done);
  ended.addEventListener("abort", done, { once: true });
  if (ended.aborted) done();
}
