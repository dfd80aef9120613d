/** A member's name as a token of a JSON pointer (RFC 6901). */
export const tokenOf = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");
