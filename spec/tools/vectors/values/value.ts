/** A value as it may be written, and as a reader writes it; `null` where it is none. */
export const value = (name: string, input: string, canonical: string | null) => ({ name, input, canonical });
