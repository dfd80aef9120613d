/** What our own schemas say of a field begins so; behind it stands what is wanted. */
const ORDERS = /^(?:This field is required\. )?Send (.+?)\.?$/s;
/** What Zod says where a schema has no words of its own. */
const WRONG_TYPE = /^Invalid input: expected (\w+), received \w+$/;

const article = (noun: string) => (/^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`);

/** A schema's message as what was expected: what to send, without how it was put. */
export function wantedBy(message: string): string {
  const type = WRONG_TYPE.exec(message)?.[1];
  if (type !== undefined) return article(type);
  return ORDERS.exec(message)?.[1] ?? message;
}

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
