import { BROKEN } from "./pagination/broken.ts";
import { COMPLETE } from "./pagination/complete.ts";
import { vectorFile } from "./vector-file.ts";

/** The page that a vendor returns for each cursor, and the conclusion of a reader. @see spec/1.0/contract.md#pagination */
export const pagination = vectorFile(
  "Listings as a vendor returns them. `answers` has the page for each cursor; the cursor of page one is null. `conclusion` says whether a reader may treat the listing as complete. `ids` has the ids of a complete listing.",
  [...COMPLETE, ...BROKEN],
);
