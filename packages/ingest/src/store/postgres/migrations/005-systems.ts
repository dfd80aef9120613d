/**
 * Adds the system that a device belongs to. Records that already have one, from before the server knew what it means, are
 * read, because a listing does not store a record again that has not changed.
 *
 * Frozen: a released migration never changes.
 */
export const SYSTEMS = `
ALTER TABLE ingest.device ADD COLUMN system_id text COLLATE "C", ADD COLUMN system_name text COLLATE "C";
ALTER TABLE ingest.next_device ADD COLUMN system_id text COLLATE "C", ADD COLUMN system_name text COLLATE "C";
-- PostgreSQL cannot read JSON with an escaped NUL or surrogate.
UPDATE ingest.device d SET system_id = r.system_id, system_name = r.system_name
FROM (
  SELECT integration_id, device_id,
    CASE json_typeof(record::json -> 'system_id') WHEN 'string' THEN record::json ->> 'system_id' END AS system_id,
    CASE json_typeof(record::json -> 'system_name') WHEN 'string' THEN record::json ->> 'system_name' END AS system_name
  FROM ingest.device_record
  WHERE (record LIKE '%"system_id":%' OR record LIKE '%"system_name":%')
    AND record !~ '\\\\u(0000|[dD][89abAB])'
) AS r
WHERE d.integration_id = r.integration_id AND d.device_id = r.device_id;
CREATE INDEX device_system ON ingest.device (system_id, integration_id, device_id) WHERE system_id IS NOT NULL;
`;
