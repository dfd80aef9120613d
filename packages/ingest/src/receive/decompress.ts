import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { DeliveryRefusedError } from "./refusal.ts";

/** The largest accepted delivery, both compressed and decompressed. */
export const MAX_DELIVERY_BYTES = 256 * 1024;

const unzip = promisify(gunzip);

/**
 * Decompresses a body. Stops at the limit, so that a small body cannot decompress to a huge one.
 *
 * @param encoding the header `content-encoding`
 * @throws {DeliveryRefusedError} `unsupported_media_type`, `payload_too_large`, `not_json`
 */
export async function decompress(body: Buffer, encoding: string): Promise<Buffer> {
  const coding = encoding.trim().toLowerCase();
  if (coding === "identity") return body;
  if (coding !== "gzip" && coding !== "x-gzip") {
    throw new DeliveryRefusedError(
      "unsupported_media_type",
      "Send the body uncompressed or compressed with gzip.",
    );
  }
  try {
    return await unzip(body, { maxOutputLength: MAX_DELIVERY_BYTES });
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw isTooLarge
      ? new DeliveryRefusedError(
          "payload_too_large",
          `Send at most ${MAX_DELIVERY_BYTES} bytes, counted after decompression.`,
        )
      : new DeliveryRefusedError(
          "not_json",
          "The content-encoding is gzip, but the body is not valid gzip data.",
        );
  }
}
