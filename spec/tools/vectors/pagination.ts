import { BROKEN } from "./pagination/broken.ts";
import { COMPLETE } from "./pagination/complete.ts";
import { vectorFile } from "./vector-file.ts";

/** What a vendor answers at each cursor, and what a reader must conclude. @see spec/1.0/contract.md#pagination */
export const pagination = vectorFile(
  "Listings as a vendor answers them: `answers` has the page at each cursor (null is page one). `conclusion` says whether a reader may take the listing for complete, and then which ids it has.",
  [...COMPLETE, ...BROKEN],
);
