/**
 * Restricts a token to customers (a JSON list) and to a time. An existing token keeps reading everything.
 *
 * Frozen: a released migration never changes.
 */
export const TOKEN_CUSTOMERS = `
ALTER TABLE token ADD COLUMN customer_ids TEXT;
ALTER TABLE token ADD COLUMN expires_at TEXT;
`;
