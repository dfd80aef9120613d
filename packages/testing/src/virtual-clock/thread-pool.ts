import type { Transform } from "node:stream";
import { createBrotliCompress, createBrotliDecompress, createGzip } from "node:zlib";

/** Work in the thread pool that `process.getActiveResourcesInfo` does not list: compression and WebCrypto. */
export interface ThreadPool {
  /** Names some work that is under way; `null` if there is none. */
  reason(): string | null;
}

/** The native side of a compression stream: `buffer` holds the chunk that is being compressed. */
interface ZlibHandle {
  readonly buffer: unknown;
  write(...given: unknown[]): unknown;
  close(): unknown;
}

const compressing = new Set<ZlibHandle>();
let cryptoCalls = 0;
let isWatched = false;

/** The key under which a handle has its stream. */
const STREAM = Object.getOwnPropertySymbols(handleOf(createGzip())).find(
  ({ description }) => description === "owner_symbol",
);

function handleOf(stream: Transform): object {
  return (stream as unknown as { _handle: object })._handle;
}

/**
 * Whether the stream produces no more output until someone reads it. The stream of a response that no one
 * reads waits forever.
 */
function waitsForReader(handle: ZlibHandle): boolean {
  const stream = STREAM && (handle as unknown as Record<symbol, Transform | undefined>)[STREAM];
  return stream !== undefined && stream.readableLength >= stream.readableHighWaterMark;
}

function ownerOf(handle: object, method: string): ZlibHandle {
  const owner = Object.getPrototypeOf(handle) as object;
  return Object.hasOwn(owner, method) ? (owner as ZlibHandle) : ownerOf(owner, method);
}

function watchCompression(): void {
  const streams = [createGzip(), createBrotliCompress(), createBrotliDecompress()];
  const handles = streams.map(handleOf);
  for (const owner of new Set(handles.map((handle) => ownerOf(handle, "write")))) {
    const { write } = owner;
    owner.write = function (this: ZlibHandle, ...given) {
      compressing.add(this);
      return write.apply(this, given);
    };
  }
  for (const owner of new Set(handles.map((handle) => ownerOf(handle, "close")))) {
    const { close } = owner;
    owner.close = function (this: ZlibHandle) {
      // After an error, a handle never releases its chunk.
      compressing.delete(this);
      return close.apply(this);
    };
  }
  for (const stream of streams) stream.close();
}

function watchCrypto(): void {
  const subtle = Object.getPrototypeOf(globalThis.crypto.subtle) as Record<string, unknown>;
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(subtle))) {
    if (typeof value !== "function" || name === "constructor") continue;
    subtle[name] = function (this: unknown, ...given: unknown[]) {
      const result: unknown = value.apply(this, given);
      if (!(result instanceof Promise)) return result;
      cryptoCalls += 1;
      const end = () => {
        cryptoCalls -= 1;
      };
      result.then(end, end);
      return result;
    };
  }
}

export function watchThreadPool(): ThreadPool {
  if (!isWatched) {
    isWatched = true;
    watchCompression();
    watchCrypto();
  }
  return {
    reason() {
      for (const handle of compressing) if (handle.buffer === null) compressing.delete(handle);
      for (const handle of compressing) if (!waitsForReader(handle)) return "compression";
      return cryptoCalls > 0 ? "WebCrypto" : null;
    },
  };
}
