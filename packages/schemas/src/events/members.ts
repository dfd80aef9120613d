import { deviceIdSchema } from "../ids.ts";
import { text } from "../text.ts";

/** The device an event is about. */
export const aboutDevice = (description: string) =>
  deviceIdSchema.meta({ description, "x-requirement": "EVT-003" });

/** One word of an open vocabulary. */
export const word = (description: string, known: readonly string[]) =>
  text(1, 64).meta({ description: `${description} Known: ${known.join(", ")}.`, examples: [known[0]] });

/** How much it matters. */
export const severitySchema = word("How much it matters.", ["critical", "high", "medium", "low", "info"]);

/** What people read about it. */
export const descriptionSchema = text(0, 2048).meta({
  description: "What happened, for people.",
  examples: ["Motion while armed"],
});

/** The vendor's own word for what happened. */
export const vendorTypeSchema = text(0, 256).meta({
  description: "The vendor's own word for the type.",
  examples: ["BURG-ALM-04"],
});

/** Why something happened, in a word of the vendor's. */
export const reasonSchema = (example: string) =>
  text(0, 256).meta({ description: "Why, in a word.", examples: [example] });
