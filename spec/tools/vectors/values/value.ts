/** Builds a case of a value and its normalized form; `null` if the value is invalid. */
export const value = (name: string, input: string, canonical: string | null) => ({ name, input, canonical });
