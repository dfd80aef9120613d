import { inventoryReaders } from "./inventory-readers.ts";

/**
 * Reads an inventory in a separate process and measures how much that process's memory grew from before the
 * first page to the peak, including garbage that was not yet collected.
 *
 * Usage: `inventory-memory.ts <reader> <base URL> <limit>`; sends the growth in bytes to the parent process.
 */
const [name = "", baseUrl = "", limit = ""] = process.argv.slice(2);
const reader = Object.entries(inventoryReaders).find(([known]) => known === name)?.[1];
if (!reader) throw new Error(`Unknown reader "${name}".`);
const before = process.memoryUsage.rss();
await reader(baseUrl, Number(limit));
process.send?.(process.resourceUsage().maxRSS * 1024 - before);
