/** A payload and whether its schema accepts it. */
export type PayloadCase = { readonly name: string; readonly valid: boolean; readonly payload: unknown } & (
  | { readonly valid: true }
  | {
      readonly valid: false;
      /** JSON pointer (RFC 6901) of what is wrong. */
      readonly pointer: string;
      /** Of the contract, where it has one for this. */
      readonly requirement: string | null;
      /** One sentence for people. */
      readonly reason: string;
    }
);

export const valid = (name: string, payload: unknown): PayloadCase => ({ name, valid: true, payload });

/** What is wrong with a payload: where, by which requirement, and why. */
type Fault = readonly [pointer: string, requirement: string | null, reason: string];

export const invalid = (
  name: string,
  payload: unknown,
  [pointer, requirement, reason]: Fault,
): PayloadCase => ({
  name,
  valid: false,
  payload,
  pointer,
  requirement,
  reason,
});

/** An object without one of its members. */
export function without<Payload extends object>(payload: Payload, member: keyof Payload): object {
  const { [member]: _, ...rest } = payload;
  return rest;
}

/** The cases of each published schema, by its name. */
export type PayloadCases = Readonly<Record<string, readonly PayloadCase[]>>;
