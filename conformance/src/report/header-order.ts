type Headers = Readonly<Record<string, string>>;

/**
 * Headers in the order of their names. A bundle keeps no other, and a report of it has to be the same as that of the run,
 * to the byte.
 */
export const inNameOrder = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).toSorted(([one], [other]) => (one < other ? -1 : 1)));
