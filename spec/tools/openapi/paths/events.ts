import { eventPageSchema } from "@convergint/schemas";
import { eventPage } from "../examples/events.ts";
import { using } from "../parameters.ts";
import { failures, json } from "../responses.ts";

/** The path that lists published events. */
export const eventPaths = {
  "/v1/events": {
    get: {
      operationId: "listEvents",
      summary: "Published events, delivered or not",
      description:
        "For backfill after an outage, if the manifest declares `backfill`. Lists the events in the order of publication, each exactly as posted.",
      tags: ["Events"],
      parameters: using("OrgFilter", "After", "Limit", "Cursor"),
      responses: {
        200: json(eventPageSchema, "A page of events.", eventPage),
        ...failures("BadRequest", "NotFound", "Gone"),
      },
    },
  },
};
