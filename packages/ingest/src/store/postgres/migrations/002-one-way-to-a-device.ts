/**
 * A device is looked up by its key. An index that began with the integration too was as good in the eyes of a planner that
 * knows nothing of a new table yet, and read every device of the integration for each one looked for.
 */
export const ONE_WAY_TO_A_DEVICE = `
DROP INDEX ingest.device_place;
CREATE INDEX device_place ON ingest.device (org_id, integration_id, site_id);
`;
