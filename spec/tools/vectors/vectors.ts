import { eventSequences } from "./event-sequences.ts";
import { pagination } from "./pagination.ts";
import { payloads } from "./payloads.ts";
import { signatures } from "./signatures.ts";
import { countries } from "./values/countries.ts";
import { ipAddresses } from "./values/ip-addresses.ts";
import { macAddresses } from "./values/mac-addresses.ts";
import { timestamps } from "./values/timestamps.ts";
import { type VectorFile, written } from "./vector-file.ts";

/** Folder of the vectors, relative to the repository's root. */
export const VECTORS = "spec/1.0/vectors/";

const FILES: ReadonlyMap<string, VectorFile> = new Map<string, VectorFile>([
  ["signatures.json", signatures],
  ["payloads.json", payloads],
  ["pagination.json", pagination],
  ["event-sequences.json", eventSequences],
  ["mac-addresses.json", macAddresses],
  ["ip-addresses.json", ipAddresses],
  ["timestamps.json", timestamps],
  ["countries.json", countries],
]);

/** The content of every file of test vectors, by path in {@link VECTORS}. */
export const vectorFiles = (): Map<string, string> =>
  new Map([...FILES].map(([name, file]) => [name, written(file)]));
