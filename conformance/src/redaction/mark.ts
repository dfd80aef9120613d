/** What people read where a secret stood. */
export const REDACTED = "[redacted]";
