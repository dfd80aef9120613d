import { deviceIdSchema } from "../ids.ts";
import { text } from "../text.ts";

/** The device that an event concerns. */
export const aboutDevice = (description: string) =>
  deviceIdSchema.meta({ description, "x-requirement": "EVT-003" });

/** A value of an open vocabulary. */
export const openValue = (description: string, known: readonly string[]) =>
  text(1, 64).meta({ description: `${description} Known: ${known.join(", ")}.`, examples: [known[0]] });

/** The severity of an alarm or a trouble. */
export const severitySchema = openValue("Severity.", ["critical", "high", "medium", "low", "info"]);

/** Free text for people. */
export const descriptionSchema = text(0, 2048).meta({
  description: "Description for people.",
  examples: ["Motion while armed"],
});

/** The vendor's own term for the alarm or trouble type. */
export const vendorTypeSchema = text(0, 256).meta({
  description: "The vendor's own term for the type.",
  examples: ["BURG-ALM-04"],
});

/** The reason for an event, in the vendor's own terms. */
export const reasonSchema = (example: string) =>
  text(0, 256).meta({ description: "The reason, as a short code.", examples: [example] });
