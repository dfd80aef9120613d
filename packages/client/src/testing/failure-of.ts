import { inspect } from "node:util";
import { expect } from "vitest";
import { VendorClientError } from "../errors.ts";

/**
 * Returns the error of a call that must fail.
 *
 * @param secrets texts that must not appear in the logged error or its causes
 */
export async function failureOf(
  call: () => Promise<unknown>,
  secrets: readonly string[] = [],
): Promise<VendorClientError> {
  const error = await (async () => call())().then(
    () => expect.fail("the call should have failed"),
    (thrown: unknown) => thrown,
  );
  const written = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error);
  for (const secret of secrets) expect(written).not.toContain(secret);
  if (!(error instanceof VendorClientError)) throw error;
  return error;
}

/** Collects all items of an iterable. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
