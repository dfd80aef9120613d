/**
 * Limits of the group commits on the receive path. One batch is one transaction on the store's only writer, so 1,024 rows
 * or 1 MiB keep it short; what waits behind it is at most 64 MiB of memory, after which senders get `503`.
 */
export const COMMIT_LIMITS = {
  maxItems: 1024,
  maxBytes: 1024 * 1024,
  maxWaitingItems: 20_000,
  maxWaitingBytes: 64 * 1024 * 1024,
};
