import { MAX_SEED } from "@convergint/internal/seeded-random";
import { z } from "zod";
import { vendorProfileNames } from "../registry/profiles.ts";
import { formatNames } from "../report/formats.ts";
import { faultOfUrl } from "./http-url.ts";

const url = z.string("takes a URL, as text.").check((context) => {
  const message = faultOfUrl(context.value);
  if (message !== null) context.issues.push({ code: "custom", input: context.value, message });
});
const file = z.string("takes the name of a file.").min(1, "takes the name of a file.");
/** A day. */
export const MOST_SECONDS = 86_400;
const SECONDS = `takes whole seconds from 1 to ${MOST_SECONDS}.`;
const SEED = `takes a whole number from 0 to ${MAX_SEED}.`;
const PORT = "takes a port number from 0 to 65535.";

const reports = Object.fromEntries(formatNames.map((format) => [format, file.optional()])) as {
  [F in (typeof formatNames)[number]]: z.ZodOptional<typeof file>;
};

/** What a config file may say. Every message goes on from the name of the member that it is about. */
export const configSchema = z.strictObject(
  {
    target: url.optional(),
    profiles: z
      .array(
        z.enum(vendorProfileNames, `takes one of ${vendorProfileNames.join(", ")}.`),
        "takes a list of profiles.",
      )
      .optional(),
    reports: z.strictObject(reports, `takes file names by format: ${formatNames.join(", ")}.`).optional(),
    bundle: file.optional(),
    baseline: file.optional(),
    triggerCommand: z.string("takes a command line.").min(1, "takes a command line.").optional(),
    publicUrl: url.optional(),
    seed: z.int(SEED).min(0, SEED).max(MAX_SEED, SEED).optional(),
    timeBudgetSeconds: z.int(SECONDS).min(1, SECONDS).max(MOST_SECONDS, SECONDS).optional(),
    receiverPort: z.int(PORT).min(0, PORT).max(65_535, PORT).optional(),
  },
  "takes an object.",
);
