/** What a vendor wrote must not move the cursor, or colour its own verdict. */
export function printable<T>(value: T): T {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
  if (typeof value === "string") return value.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd") as T;
  if (Array.isArray(value)) return value.map(printable) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, printable(member)])) as T;
}
