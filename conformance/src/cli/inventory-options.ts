import { Option } from "commander";
import type { ServedInventory } from "../suite/served-inventory.ts";
import { httpUrl, portNumber } from "./run-options.ts";
import { UsageError } from "./usage-error.ts";

/** The flags of the inventory that a consumer polls, as commander gives them. */
export interface InventoryFlags {
  readonly inventoryPort?: string;
  readonly inventoryPublicUrl?: string;
  readonly inventoryKey?: string;
  readonly pollSeconds: string;
}

const KEY = "CONFORMANCE_INVENTORY_KEY";
/** Shorter ones can be guessed, and stand in texts where nobody meant them. */
const LEAST_KEY = 12;
const MOST_POLL_SECONDS = 3600;

/** The flags, for the commands that serve an inventory. */
export const inventoryOptions = (): readonly Option[] => [
  new Option("--inventory-port <port>", "serve an inventory on this port, for the consumer to poll"),
  new Option("--inventory-public-url <url>", "how the consumer reaches it; it listens on loopback otherwise"),
  new Option("--inventory-key <key>", "API key that the consumer polls it with; any you make up").env(KEY),
  new Option("--poll-seconds <n>", "how often the consumer is set up to poll it").default("10"),
];

function pollSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= MOST_POLL_SECONDS) return seconds;
  throw new UsageError(
    `--poll-seconds takes the consumer's interval, up to ${MOST_POLL_SECONDS} s; got ${JSON.stringify(text)}.`,
  );
}

/**
 * Reads the flags.
 *
 * @returns `null` where no inventory is to be served
 * @throws {UsageError} naming the flag and what to give
 */
export function parseInventoryFlags(flags: InventoryFlags): ServedInventory | null {
  const { inventoryPort: port, inventoryPublicUrl: publicUrl, inventoryKey: apiKey } = flags;
  if (port === undefined) {
    if (publicUrl === undefined) return null;
    throw new UsageError("--inventory-public-url leads to a port: give it with --inventory-port.");
  }
  if (apiKey === undefined || !/^[\x21-\x7e]+$/.test(apiKey) || apiKey.length < LEAST_KEY) {
    throw new UsageError(
      `Make up a key that the consumer polls with, ${LEAST_KEY} visible ASCII characters or more, and give it by --inventory-key or in ${KEY}.`,
    );
  }
  return {
    port: portNumber("--inventory-port", port),
    ...(publicUrl === undefined ? {} : { publicUrl: httpUrl("--inventory-public-url", publicUrl).href }),
    apiKey,
    pollSeconds: pollSeconds(flags.pollSeconds),
  };
}
