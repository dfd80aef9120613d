import { V1_BAD } from "./signatures/v1-bad.ts";
import { V1_GOOD } from "./signatures/v1-good.ts";
import { V1A } from "./signatures/v1a.ts";
import { vectorFile } from "./vector-file.ts";

/** Signed deliveries, to be verified or refused. @see spec/1.0/contract.md#signatures */
export const signatures = vectorFile(
  "Deliveries with the verifier's keys and clock: `valid` says whether they verify. The bytes of the body are those of `body_base64`; `body` shows them where they are text.",
  [...V1_GOOD, ...V1_BAD, ...V1A],
);
