import { RefusedDeliveryError } from "./response.ts";

/** Creates the refusal for a body over the limit. */
export const toTooLargeRefusal = (maxBodyBytes: number): RefusedDeliveryError =>
  new RefusedDeliveryError(
    "payload_too_large",
    `The body is larger than ${maxBodyBytes} bytes: send fewer events per request.`,
  );

/**
 * Reads a whole body; fails if the body exceeds a limit.
 *
 * @throws {RefusedDeliveryError} `payload_too_large`, `body_cut_off`
 */
export async function readBounded(
  chunks: AsyncIterable<Uint8Array>,
  maxBodyBytes: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of chunks) {
      length += chunk.length;
      if (length > maxBodyBytes) throw toTooLargeRefusal(maxBodyBytes);
      parts.push(chunk);
    }
  } catch (error) {
    if (error instanceof RefusedDeliveryError) throw error;
    throw new RefusedDeliveryError("body_cut_off", "The body was cut off before its end.", { cause: error });
  }
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  const body = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}
