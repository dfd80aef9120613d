import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { DeliveryRefusedError } from "./refusal.ts";

/** The largest delivery that is taken, as it is sent and once it is unpacked. */
export const MOST_BYTES = 256 * 1024;

const unzip = promisify(gunzip);

/**
 * Undoes a content coding. A small body that unpacks to an endless one is given up at the limit.
 *
 * @param encoding the header `content-encoding`
 * @throws {DeliveryRefusedError} `unsupported_media_type`, `payload_too_large`, `not_json`
 */
export async function unpack(body: Buffer, encoding: string): Promise<Buffer> {
  const coding = encoding.trim().toLowerCase();
  if (coding === "identity") return body;
  if (coding !== "gzip" && coding !== "x-gzip") {
    throw new DeliveryRefusedError("unsupported_media_type", "Send the body as it is, or packed with gzip.");
  }
  try {
    return await unzip(body, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw isTooLarge
      ? new DeliveryRefusedError(
          "payload_too_large",
          `Send at most ${MOST_BYTES} bytes, counted as unpacked.`,
        )
      : new DeliveryRefusedError("not_json", "The body is not gzip, though its content-encoding says so.");
  }
}
