/**
 * Limits of the receive path's group commit. 1,024 rows or 1 MiB keep one commit short. SQLite's writer merges waiting
 * commits into transactions of about 4,096 rows (store/sqlite/writer-main.ts), and PostgreSQL runs two commits at a time.
 * What waits for a commit is at most 64 MiB of memory, after which senders get `503`.
 */
export const COMMIT_LIMITS = {
  maxItems: 1024,
  maxBytes: 1024 * 1024,
  maxWaitingItems: 20_000,
  maxWaitingBytes: 64 * 1024 * 1024,
};
