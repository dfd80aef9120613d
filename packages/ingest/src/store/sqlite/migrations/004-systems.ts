/**
 * Adds the system that a device belongs to. Records that already have one, from before the server knew what it means, are
 * read, because a listing does not store a record again that has not changed.
 *
 * Frozen: a released migration never changes.
 */
export const SYSTEMS = `
ALTER TABLE device ADD COLUMN system_id TEXT;
ALTER TABLE device ADD COLUMN system_name TEXT;
ALTER TABLE next_device ADD COLUMN system_id TEXT;
ALTER TABLE next_device ADD COLUMN system_name TEXT;
UPDATE device SET system_id = r.system_id, system_name = r.system_name
FROM (
  SELECT integration_id, device_id,
    CASE json_type(record, '$.system_id') WHEN 'text' THEN json_extract(record, '$.system_id') END AS system_id,
    CASE json_type(record, '$.system_name') WHEN 'text' THEN json_extract(record, '$.system_name') END AS system_name
  FROM device_record WHERE record LIKE '%"system_id":%' OR record LIKE '%"system_name":%'
) AS r
WHERE device.integration_id = r.integration_id AND device.device_id = r.device_id;
CREATE INDEX device_system ON device (system_id, integration_id, device_id) WHERE system_id IS NOT NULL;
`;
