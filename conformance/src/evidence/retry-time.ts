/** How much later than declared a retry may come, by chance and by how often the vendor looks; in seconds. */
export const latestRetry = (nominalSeconds: number): number => nominalSeconds * 2 + 10;
