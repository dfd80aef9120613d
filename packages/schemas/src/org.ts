import { z } from "zod";
import { orgIdSchema } from "./ids.ts";
import { timestampSchema } from "./timestamp.ts";

/** An org: one customer account in the vendor's cloud. @see spec/1.0/contract.md#orgs */
export const orgSchema = z
  .looseObject({
    org_id: orgIdSchema,
    name: z.string().min(1).max(512).describe("Name people know the account by."),
    updated_at: timestampSchema.nullish().describe("When this record was last written."),
  })
  .meta({ id: "Org", description: "One customer account in the vendor's cloud." });
export type Org = z.infer<typeof orgSchema>;
