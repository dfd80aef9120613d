import { inventoryReaders } from "./inventory-readers.ts";

/**
 * Reads an inventory in a process of its own and tells how much its memory grew: from before the first page to the
 * most that the kernel ever saw, garbage that was not yet collected included.
 *
 * Usage: `inventory-memory.ts <reader> <base URL> <limit>`; sends the growth in bytes.
 */
const [name = "", baseUrl = "", limit = ""] = process.argv.slice(2);
const reader = Object.entries(inventoryReaders).find(([known]) => known === name)?.[1];
if (!reader) throw new Error(`There is no reader "${name}".`);
const before = process.memoryUsage.rss();
await reader(baseUrl, Number(limit));
process.send?.(process.resourceUsage().maxRSS * 1024 - before);
