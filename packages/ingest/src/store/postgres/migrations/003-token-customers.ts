/**
 * Restricts a token to customers and to a time. An existing token keeps reading everything.
 *
 * Frozen: a released migration never changes.
 */
export const TOKEN_CUSTOMERS = `
ALTER TABLE ingest.token ADD COLUMN customer_ids text[], ADD COLUMN expires_at text;
`;
