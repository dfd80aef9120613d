import { z } from "zod";
import type { Change } from "../domain/change.ts";

/** One change, as consumers of the feed read it. */
export const changeSchema = z
  .object({
    sequence: z.int().meta({
      description:
        "Position in the feed. To continue, set `after` to the highest position that you have read.",
    }),
    kind: z.enum([
      "device_added",
      "device_updated",
      "device_moved",
      "device_removed",
      "device_status",
      "event",
    ]),
    integration_id: z.string(),
    customer_id: z.string(),
    customer_site_id: z.string(),
    device_id: z.string().nullable(),
    changed_at: z.iso.datetime(),
    data: z.looseObject({}),
  })
  .meta({ id: "Change" });

/**
 * Serializes a change. Its data is already JSON; for an event, it contains the text that the vendor signed.
 */
export const serializeChange = ({ data, ...change }: Change): string =>
  `${JSON.stringify(change).slice(0, -1)},"data":${data}}`;
