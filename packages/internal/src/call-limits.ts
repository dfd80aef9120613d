/** Signals that may abort an operation; `undefined` and `null` entries are ignored. */
export type Signals = readonly (AbortSignal | undefined)[];

/**
 * Calls `listener` with the reason as soon as any of the signals is aborted. If a signal is already aborted,
 * calls `listener` immediately.
 *
 * @returns a function that removes the listener: a signal may outlive thousands of calls and must not
 *   accumulate listeners
 */
function onAbort(signals: Signals, listener: (reason: unknown) => void): () => void {
  const present = signals.filter((signal) => signal !== undefined);
  const done = present.find(({ aborted }) => aborted);
  if (done) listener(done.reason);
  const heard = present.map((signal) => {
    const hear = () => listener(signal.reason);
    signal.addEventListener("abort", hear);
    return () => signal.removeEventListener("abort", hear);
  });
  return () => {
    for (const forget of heard) forget();
  };
}

/**
 * Runs `work` with a signal that is aborted after
 * `timeoutSeconds`, or as soon as any of `signals` is aborted.
 *
 * @throws whatever `work` throws. When the time is up, the reason of the signal that `work` gets is a `TimeoutError`.
 */
export async function withinLimits<Result>(
  timeoutSeconds: number,
  signals: Signals,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new DOMException("The time is up.", "TimeoutError")),
    timeoutSeconds * 1000,
  );
  const forget = onAbort(signals, (reason) => controller.abort(reason));
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    forget();
  }
}

/**
 * Returns the result of `shared`, or rejects with the reason of the first aborted signal. An abort does not
 * stop the shared operation: other callers may be waiting for it.
 */
export function unlessAborted<Result>(shared: Promise<Result>, signals: Signals): Promise<Result> {
  return new Promise((resolve, reject) => {
    const forget = onAbort(signals, reject);
    shared.then(resolve, reject).finally(forget);
  });
}

/** Waits; rejects with the signal's reason if a signal is aborted first. */
export async function wait(seconds: number, signals: Signals): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const time = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000);
  });
  try {
    await unlessAborted(time, signals);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reads a body as text. Stops at the limit and closes the connection, so that a small compressed body cannot unpack to a
 * huge one in memory.
 *
 * @returns `null` if the body is larger than `maxBytes` after decompression
 * @throws the errors of `fetch`
 */
export async function readText({ body }: Response, maxBytes: number): Promise<string | null> {
  if (!body) return "";
  const decoder = new TextDecoder();
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > maxBytes) {
      // The rest is not wanted, whether or not the vendor still sends it.
      reader.cancel().catch(() => {});
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}
