import { inspect } from "node:util";
import { expect } from "vitest";
import { VendorClientError } from "../errors.ts";

/**
 * What a call failed with.
 *
 * @param secrets what must not show in it, written as a log would, causes and all
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

/** Everything an iterable gives. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
