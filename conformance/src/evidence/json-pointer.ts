/** Escapes a member's name as a token of a JSON pointer (RFC 6901). */
export const toPointerToken = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** The value that a JSON pointer leads to; `undefined` where there is none. */
export function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>(
      (inside, name) =>
        typeof inside === "object" && inside !== null && Object.hasOwn(inside, name)
          ? (inside as Record<string, unknown>)[name]
          : undefined,
      value,
    );
}
