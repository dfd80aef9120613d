import { z } from "zod";
import { ProblemError } from "../problem.ts";

const cursorSchema = z.tuple([z.string(), z.string()]);

/** The position from which a listing of devices continues. */
export interface DeviceCursor {
  readonly integrationId: string;
  readonly deviceId: string;
}

/** Serializes a cursor. */
export const formatCursor = (integrationId: string, deviceId: string): string =>
  Buffer.from(JSON.stringify([integrationId, deviceId])).toString("base64url");

/** Parses a cursor. @throws {ProblemError} `invalid_cursor` */
export function parseCursor(cursor: string): DeviceCursor {
  try {
    const [integrationId, deviceId] = cursorSchema.parse(
      JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")),
    );
    return { integrationId, deviceId };
  } catch {
    throw new ProblemError(
      400,
      "invalid_cursor",
      "Invalid cursor: this server did not issue it. Start the listing again without a cursor.",
    );
  }
}
