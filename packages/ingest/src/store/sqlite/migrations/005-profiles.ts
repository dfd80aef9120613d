/**
 * Adds the profile by which the server reads a vendor that does not serve the contract. Existing vendors serve it.
 *
 * Frozen: a released migration never changes.
 */
export const PROFILES = `
ALTER TABLE integration ADD COLUMN profile TEXT;
`;
