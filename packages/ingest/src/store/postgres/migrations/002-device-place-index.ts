/**
 * Devices are looked up by their key. While the table is new and has no statistics, the planner rated an
 * index that starts with the integration as highly as the primary key, and so read every device of the
 * integration for each look-up.
 *
 * Frozen: a released migration never changes.
 */
export const DEVICE_PLACE_INDEX = `
DROP INDEX ingest.device_place;
CREATE INDEX device_place ON ingest.device (org_id, integration_id, site_id);
`;
