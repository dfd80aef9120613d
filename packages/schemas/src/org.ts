import { z } from "zod";
import { orgIdSchema } from "./ids.ts";
import { text } from "./text.ts";
import { timestampSchema } from "./timestamp.ts";

/** An org: one customer account in the vendor's cloud. @see spec/1.0/contract.md#orgs */
export const orgSchema = z
  .looseObject({
    org_id: orgIdSchema,
    name: text(1, 512).meta({
      description: "Display name of the account.",
      examples: ["Northfield University"],
    }),
    updated_at: timestampSchema.nullish().meta({ description: "When this record was last written." }),
  })
  .meta({
    id: "Org",
    description: "One customer account in the vendor's cloud.",
    "x-requirement": "ORG-001",
  });
export type Org = z.infer<typeof orgSchema>;
