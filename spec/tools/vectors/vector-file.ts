/** One file of test vectors. */
export interface VectorFile {
  readonly description: string;
  readonly contract_version: "1.0";
  readonly cases: readonly { readonly name: string }[];
}

/**
 * Makes a file of test vectors.
 *
 * @param description what the cases are, for people
 * @param cases each with a name of its own
 */
export const vectorFile = <Case extends { readonly name: string }>(
  description: string,
  cases: readonly Case[],
) => ({ description, contract_version: "1.0", cases }) as const;

/** Writes it as JSON; lists of numbers stay on one line. */
export const written = (file: VectorFile): string =>
  `${JSON.stringify(file, null, 2).replace(/\[\n\s+(?:\d+,\n\s+)*\d+\n\s+\]/g, (list) => list.replace(/\s+/g, " ").replace("[ ", "[").replace(" ]", "]"))}\n`;
