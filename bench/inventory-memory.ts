import { inventoryReaders } from "./inventory-readers.ts";

/**
 * Reads an inventory in a separate process and measures the growth of that process's memory. The growth is
 * the peak minus the memory before the first page, and includes garbage that was not yet collected.
 *
 * Usage: `inventory-memory.ts <reader> <base URL> <limit>`. Sends the growth in bytes to the parent process.
 */
const [name = "", baseUrl = "", limit = ""] = process.argv.slice(2);
const reader = Object.entries(inventoryReaders).find(([known]) => known === name)?.[1];
if (!reader) throw new Error(`Unknown reader "${name}".`);
const before = process.memoryUsage.rss();
await reader(baseUrl, Number(limit));
process.send?.(process.resourceUsage().maxRSS * 1024 - before);
