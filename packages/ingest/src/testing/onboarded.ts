import { type DeliveryOptions, deliver } from "./deliver.ts";
import { type Answer, type RunningServer, type ServerSettings, startServer } from "./running-server.ts";
import { type StandInVendor, startVendor } from "./stand-in-vendor.ts";

/** A server with one onboarded vendor. */
export interface Onboarded {
  readonly server: RunningServer;
  readonly vendor: StandInVendor;
  readonly integrationId: string;
  readonly webhookUrl: string;
  /** Posts a delivery signed by this vendor. */
  deliver(event: Parameters<typeof deliver>[1], options?: Partial<DeliveryOptions>): Promise<Answer>;
  device(deviceId: string): Promise<Answer>;
  sync(): Promise<Answer>;
  close(): Promise<void>;
}

/** Onboards a vendor. @param more additional members of the request */
export const onboard = (
  server: RunningServer,
  vendor: StandInVendor,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Answer> =>
  server.post("/v1/integrations", {
    name: "Stand-in",
    base_url: vendor.baseUrl,
    api_key: vendor.apiKey,
    poll_seconds: 3600,
    customer_id: "customer",
    ...more,
  });

/** Starts a server and a vendor, and onboards the vendor. */
export async function startOnboarded({
  settings = {},
  prepare = () => {},
  more = {},
}: {
  readonly settings?: ServerSettings;
  readonly prepare?: (vendor: StandInVendor) => void;
  /** Additional members of the onboarding request. */
  readonly more?: Readonly<Record<string, unknown>>;
} = {}): Promise<Onboarded> {
  const [server, vendor] = await Promise.all([startServer(settings), startVendor()]);
  prepare(vendor);
  const { status, text, body } = await onboard(server, vendor, more);
  if (status !== 201) throw new Error(`Onboarding failed: ${text}`);
  const { integration_id: integrationId, webhook_url: webhookUrl } = body;
  return {
    server,
    vendor,
    integrationId,
    webhookUrl,
    deliver: (event, options = {}) =>
      deliver(webhookUrl, event, { secret: vendor.webhookSecret, ...options }),
    device: (deviceId) =>
      server.get(`/v1/integrations/${integrationId}/devices/${encodeURIComponent(deviceId)}`),
    sync: () => server.post(`/v1/integrations/${integrationId}/sync`),
    async close() {
      await server.close();
      await vendor.close();
    },
  };
}
