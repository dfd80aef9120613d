/**
 * Limits of the receive path's group commit; 1,024 rows or 1 MiB keep a commit short. SQLite's writer merges
 * commits into transactions of about 4,096 rows (store/sqlite/writer-main.ts); PostgreSQL runs two commits at
 * a time. Beyond 64 MiB of events waiting for a commit, senders get `503`.
 */
export const COMMIT_LIMITS = {
  maxItems: 1024,
  maxBytes: 1024 * 1024,
  maxWaitingItems: 20_000,
  maxWaitingBytes: 64 * 1024 * 1024,
};
