import { eventPageSchema } from "@convergint/schemas";
import { eventPage } from "../examples/events.ts";
import { using } from "../parameters.ts";
import { failures, json } from "../responses.ts";

/** Events that were published before. */
export const eventPaths = {
  "/v1/events": {
    get: {
      operationId: "listEvents",
      summary: "Events that were published, delivered or not",
      description:
        "Backfill after an outage, where the manifest declares `backfill`: the events in the order of publication, each exactly as it was posted.",
      tags: ["Events"],
      parameters: using("OrgFilter", "After", "Limit", "Cursor"),
      responses: {
        200: json(eventPageSchema, "A page of events.", eventPage),
        ...failures("BadRequest", "NotFound", "Gone"),
      },
    },
  },
};
