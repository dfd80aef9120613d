import { RefusedDeliveryError } from "./answer.ts";

/** @param maxBodyBytes what was exceeded */
export const tooLarge = (maxBodyBytes: number): RefusedDeliveryError =>
  new RefusedDeliveryError(
    "payload_too_large",
    `The body is larger than ${maxBodyBytes} bytes: send less at once.`,
  );

/**
 * Reads a body to its end, keeping no more of it than is allowed.
 *
 * @throws {RefusedDeliveryError} `too_large`, `body_cut_off`
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
      if (length > maxBodyBytes) throw tooLarge(maxBodyBytes);
      parts.push(chunk);
    }
  } catch (error) {
    if (error instanceof RefusedDeliveryError) throw error;
    throw new RefusedDeliveryError("body_cut_off", "The body broke off before its end.", { cause: error });
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
