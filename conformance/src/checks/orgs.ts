import { orgSchema } from "@convergint/schemas";
import { judgeItems } from "./answers.ts";
import { check } from "./check.ts";

export const orgChecks = [check("ORG-001", ["orgs"], ({ orgs }) => judgeItems(orgs.listing, orgSchema))];
