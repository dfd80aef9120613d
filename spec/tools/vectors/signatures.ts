import { V1_BAD } from "./signatures/v1-bad.ts";
import { V1_GOOD } from "./signatures/v1-good.ts";
import { V1A } from "./signatures/v1a.ts";
import { vectorFile } from "./vector-file.ts";

/** Signed deliveries that a verifier accepts or refuses. @see spec/1.0/contract.md#signatures */
export const signatures = vectorFile(
  "Deliveries, each with the verifier's keys and clock. `valid` says whether the delivery verifies. `body_base64` has the bytes of the body; `body` shows the same bytes if they are text.",
  [...V1_GOOD, ...V1_BAD, ...V1A],
);
