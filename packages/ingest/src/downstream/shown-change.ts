import { z } from "zod";
import type { Change } from "../domain/change.ts";

/** One change, as those downstream read it. */
export const changeSchema = z
  .object({
    sequence: z.int().meta({ description: "Position. Ask again after the greatest you have taken." }),
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

/** A change as JSON. Its data is JSON already, and an event in it is the vendor's own text. */
export const shownChange = ({ data, ...change }: Change): string =>
  `${JSON.stringify(change).slice(0, -1)},"data":${data}}`;
