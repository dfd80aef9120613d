/** A payload and whether its schema accepts it. */
export type PayloadCase = { readonly name: string; readonly valid: boolean; readonly payload: unknown } & (
  | { readonly valid: true }
  | {
      readonly valid: false;
      /** JSON pointer (RFC 6901) of the fault. */
      readonly pointer: string;
      /** The violated requirement of the contract, if it has one. */
      readonly requirement: string | null;
      /** One sentence for people. */
      readonly reason: string;
    }
);

export const valid = (name: string, payload: unknown): PayloadCase => ({ name, valid: true, payload });

/** A fault of a payload: its location, the violated requirement, and the reason. */
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

/** Returns an object without one of its members. */
export function without<Payload extends object>(payload: Payload, member: keyof Payload): object {
  const { [member]: _, ...rest } = payload;
  return rest;
}

/** The cases of each published schema, by schema name. */
export type PayloadCases = Readonly<Record<string, readonly PayloadCase[]>>;
