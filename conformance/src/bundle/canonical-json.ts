/**
 * JSON with one way to write each value: members in the order of their names' UTF-16 units, no white space, numbers and
 * strings as ECMAScript writes them. That is RFC 8785, for values that came from JSON or could go there.
 *
 * @param value members that are `undefined` are left out
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((member) => canonicalJson(member ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
