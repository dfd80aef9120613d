/**
 * Each change of a device's status names the one before it, and the device the last. An index of them would cost every
 * event a page of its own on disk, for histories that people ask for now and then.
 */
export const HISTORIES = `
ALTER TABLE change ADD COLUMN previous INTEGER;
UPDATE change SET previous = chained.previous
FROM (
  SELECT sequence, lag(sequence) OVER (PARTITION BY integration_id, device_id ORDER BY sequence) AS previous
  FROM change WHERE kind = 'device_status'
) AS chained
WHERE chained.sequence = change.sequence;

ALTER TABLE device ADD COLUMN last_status_change INTEGER;
UPDATE device SET last_status_change = (
  SELECT max(sequence) FROM change
  WHERE kind = 'device_status' AND change.integration_id = device.integration_id AND change.device_id = device.device_id
);
DROP INDEX change_status;
`;
