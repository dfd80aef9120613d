import type {
  DeviceView,
  IntegrationRow,
  RefusedView,
  StoredEvent,
  StoreReader,
  SyncOutcome,
} from "../store.ts";
import { openForReading } from "./open.ts";

interface StoredIntegration {
  readonly integration_id: string;
  readonly name: string;
  readonly base_url: string;
  readonly poll_seconds: number;
  readonly api_key: Buffer;
  readonly webhook_endpoint_id: string | null;
  readonly created_at: string;
}

const DEVICE = `
  SELECT d.integration_id, d.device_id, d.org_id, d.site_id,
         site.record ->> 'name' AS site_name,
         d.record ->> 'name' AS name,
         d.type,
         coalesce(d.record ->> 'vendor_type', d.record ->> 'type') AS vendor_type,
         s.status, s.reason AS status_reason, s.occurred_at AS status_observed_at,
         s.known_by AS status_known_by, s.last_seen_at, d.lifecycle
  FROM device d
  LEFT JOIN device_status s USING (integration_id, device_id)
  LEFT JOIN site ON site.integration_id = d.integration_id AND site.site_id = d.site_id`;

/** Opens the reading side of a database that the writer has brought to the newest schema. */
export function openReader(file: string): StoreReader {
  const database = openForReading(file);
  const integrations = database.prepare<[], StoredIntegration>(
    "SELECT * FROM integration ORDER BY created_at",
  );
  const secrets = database.prepare<[string], { secret: Buffer }>(
    "SELECT secret FROM webhook_secret WHERE integration_id = ? ORDER BY position",
  );
  const sync = database.prepare<[string], { outcome: string }>(
    "SELECT outcome FROM sync WHERE integration_id = ?",
  );
  const device = database.prepare<[string, string], DeviceView>(
    `${DEVICE} WHERE d.integration_id = ? AND d.device_id = ?`,
  );
  const devices = database.prepare<unknown[], DeviceView>(`${DEVICE}
    WHERE (:integration IS NULL OR d.integration_id = :integration)
      AND (:site IS NULL OR d.site_id = :site)
      AND (:status IS NULL OR s.status = :status)
      AND (d.integration_id, d.device_id) > (:after_integration, :after_device)
    ORDER BY d.integration_id, d.device_id
    LIMIT :limit`);
  const events = database.prepare<[number, number], StoredEvent>(
    "SELECT * FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?",
  );
  const refused = database.prepare<[number], RefusedView>(
    "SELECT * FROM refused_delivery ORDER BY sequence DESC LIMIT ?",
  );

  return {
    integrations: () =>
      integrations.all().map(
        (row): IntegrationRow => ({
          integrationId: row.integration_id,
          name: row.name,
          baseUrl: row.base_url,
          pollSeconds: row.poll_seconds,
          apiKey: row.api_key,
          webhookSecrets: secrets.all(row.integration_id).map(({ secret }) => secret),
          webhookEndpointId: row.webhook_endpoint_id,
          createdAt: row.created_at,
        }),
      ),
    lastSync(integrationId) {
      const row = sync.get(integrationId);
      return row ? (JSON.parse(row.outcome) as SyncOutcome) : null;
    },
    devices: ({ integrationId, siteId, status, after, limit }) =>
      devices.all({
        integration: integrationId,
        site: siteId,
        status,
        after_integration: after?.integrationId ?? "",
        after_device: after?.deviceId ?? "",
        limit,
      }),
    device: (integrationId, deviceId) => device.get(integrationId, deviceId) ?? null,
    events: (after, limit) => events.all(after, limit),
    refusedDeliveries: (limit) => refused.all(limit),
    close: () => {
      database.close();
    },
  };
}
