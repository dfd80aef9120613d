/**
 * Builds a case from a value and its normalized form; the normalized form is `null` if the value is invalid.
 */
export const value = (name: string, input: string, canonical: string | null) => ({ name, input, canonical });

/** A file of test vectors. */
export interface VectorFile {
  readonly description: string;
  readonly contract_version: "1.0";
  readonly cases: readonly { readonly name: string }[];
}

/**
 * Builds a file of test vectors.
 *
 * @param description human-readable description of the cases
 * @param cases each with a unique name
 */
export const vectorFile = <Case extends { readonly name: string }>(
  description: string,
  cases: readonly Case[],
) => ({ description, contract_version: "1.0", cases }) as const;

/** Serializes a file as JSON, with lists of numbers on one line. */
export const written = (file: VectorFile): string =>
  `${JSON.stringify(file, null, 2).replace(/\[\n\s+(?:\d+,\n\s+)*\d+\n\s+\]/g, (list) => list.replace(/\s+/g, " ").replace("[ ", "[").replace(" ]", "]"))}\n`;
