import {
  type PingAccepted,
  pingAcceptedSchema,
  type RotatedSecret,
  rotatedSecretSchema,
  type WebhookEndpoint,
  type WebhookEndpointCreated,
  webhookEndpointCreatedSchema,
  webhookEndpointListSchema,
} from "@convergint/schemas";
import { requireSuccess } from "./answer.ts";
import type { CallOptions, Connection } from "./connection.ts";

/** A destination to register. */
export interface NewWebhookEndpoint {
  readonly url: string;
  /** Only this org's events. Default: all orgs of the credential. */
  readonly org_id?: string;
  /** Only these types. Default: all types. */
  readonly event_types?: readonly string[];
}

/**
 * A vendor's webhook destinations. Requires `endpoint_management` in the manifest.
 * @see spec/1.0/contract.md#webhook-endpoints
 */
export interface WebhookEndpoints {
  /**
   * Registers a destination. Only this response shows its signing secret. The client does not retry if the
   * response is lost: check {@link WebhookEndpoints.webhookEndpoints} before you call again.
   */
  createWebhookEndpoint(
    destination: string | NewWebhookEndpoint,
    options?: CallOptions,
  ): Promise<WebhookEndpointCreated>;
  webhookEndpoints(options?: CallOptions): Promise<readonly WebhookEndpoint[]>;
  deleteWebhookEndpoint(endpointId: string, options?: CallOptions): Promise<void>;
  /**
   * Replaces the signing secret; the vendor signs with the old and
   * the new secret until `previous_expires_at`.
   */
  rotateWebhookSecret(endpointId: string, options?: CallOptions): Promise<RotatedSecret>;
  /** Makes the vendor post a ping event. */
  pingWebhookEndpoint(endpointId: string, options?: CallOptions): Promise<PingAccepted>;
}

const inPath = (endpoint_id: string) => ({ params: { path: { endpoint_id } } });

/** Creates the calls for webhook destinations. */
export function webhookEndpoints({ call, read }: Connection): WebhookEndpoints {
  return {
    createWebhookEndpoint(destination, options) {
      const body = typeof destination === "string" ? { url: destination } : bodyOf(destination);
      return read(
        (api, init) => api.POST("/v1/webhook-endpoints", { ...init, body }),
        webhookEndpointCreatedSchema,
        options,
      );
    },
    async webhookEndpoints(options) {
      const list = await read(
        (api, init) => api.GET("/v1/webhook-endpoints", init),
        webhookEndpointListSchema,
        options,
      );
      return list.data;
    },
    async deleteWebhookEndpoint(id, options) {
      requireSuccess(
        await call(
          (api, init) => api.DELETE("/v1/webhook-endpoints/{endpoint_id}", { ...init, ...inPath(id) }),
          options,
        ),
      );
    },
    rotateWebhookSecret: (id, options) =>
      read(
        (api, init) =>
          api.POST("/v1/webhook-endpoints/{endpoint_id}/rotate-secret", { ...init, ...inPath(id) }),
        rotatedSecretSchema,
        options,
      ),
    pingWebhookEndpoint: (id, options) =>
      read(
        (api, init) => api.POST("/v1/webhook-endpoints/{endpoint_id}/ping", { ...init, ...inPath(id) }),
        pingAcceptedSchema,
        options,
      ),
  };
}

const bodyOf = ({ event_types, ...rest }: NewWebhookEndpoint) => ({
  ...rest,
  ...(event_types ? { event_types: [...event_types] } : {}),
});
