import { z } from "zod";

/** A vendor profile between suite and vendor: the suite calls a shim, which serves the vendor's cloud as the contract. */
export const throughSchema = z.strictObject({
  profile: z.string().meta({ description: "Name of the vendor profile." }),
  title: z.string(),
  shim: z.url().meta({ description: "The address that the suite called instead of the vendor's." }),
  digest: z.string().meta({ description: "sha256: and the hash of what the profile says." }),
  gaps: z
    .array(
      z.strictObject({
        profile: z.string().meta({ description: "The profile of the contract that asks for it." }),
        lacks: z.string(),
        cost: z.string().meta({ description: "What it costs in practice that the vendor lacks this." }),
      }),
    )
    .meta({ description: "What the vendor lacks even through the profile." }),
});
export type Through = z.infer<typeof throughSchema>;

/**
 * The requirements that the vendor's own data and events fulfil or break. Everything else, such as pages, problems,
 * signatures and retries, is made by the shim.
 */
const VENDORS_OWN =
  /^(?:ORG-001|SITE-00[12347]|INV-0(?:01|02|08|09|10|12|13|14)|DEV-\d{3}|EVT-0(?:01|0[3-8]|1[3-9]|2[0-2]))$/;

/** Who meets a requirement in a run through a profile. */
export const metBy = (requirement: string): "vendor" | "profile" =>
  VENDORS_OWN.test(requirement) ? "vendor" : "profile";

/** Describes the profile in one line. */
export const describeThrough = ({ profile, title, digest }: Through): string =>
  `through the profile ${profile} (${title}), ${digest}`;
