import { z } from "zod";
import { ProblemError } from "../problem.ts";

const cursorSchema = z.tuple([z.string(), z.string()]);

/** Where a listing of devices goes on. */
export interface DeviceCursor {
  readonly integrationId: string;
  readonly deviceId: string;
}

/** Writes where a listing goes on. */
export const writeCursor = (integrationId: string, deviceId: string): string =>
  Buffer.from(JSON.stringify([integrationId, deviceId])).toString("base64url");

/** Reads a cursor. @throws {ProblemError} `invalid_cursor` */
export function readCursor(cursor: string): DeviceCursor {
  try {
    const [integrationId, deviceId] = cursorSchema.parse(
      JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")),
    );
    return { integrationId, deviceId };
  } catch {
    throw new ProblemError(
      400,
      "invalid_cursor",
      "This cursor was not issued here. Start the listing again.",
    );
  }
}
