/** The limit is needed because writing is recursive; no bundle is nested more deeply. */
const MAX_DEPTH = 500;

/**
 * Serializes a value as canonical JSON (RFC 8785): members sorted by the UTF-16 units of their names, no white space,
 * numbers and strings as in ECMAScript.
 *
 * @param value a JSON value; `undefined` members are omitted
 * @throws {RangeError} if the value is nested more than 500 levels deep
 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > MAX_DEPTH) throw new RangeError(`The JSON is nested more than ${MAX_DEPTH} levels deep.`);
  if (Array.isArray(value)) {
    return `[${value.map((member) => canonicalJson(member ?? null, depth + 1)).join(",")}]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return canonicalObject(new Map(members.map(([name, member]) => [name, canonicalJson(member, depth + 1)])));
}

/** Serializes an object whose members are canonical JSON already. */
export function canonicalObject(members: ReadonlyMap<string, string>): string {
  const sorted = [...members].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${sorted.map(([name, member]) => `${JSON.stringify(name)}:${member}`).join(",")}}`;
}
