import { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { opaqueId, siteIdSchema } from "../ids.ts";
import { aboutDevice, reasonSchema } from "./members.ts";

export const CONNECTOR_DISCONNECTED = "com.convergint.connector.disconnected.v1";
export const CONNECTOR_RECONNECTED = "com.convergint.connector.reconnected.v1";

const connectorDataSchema = eventDataSchema.extend({
  connector_id: opaqueId().meta({
    description: "The vendor's own on-premises connector or bridge.",
    examples: ["bridge-2"],
    "x-requirement": "EVT-022",
  }),
  device_id: aboutDevice("The connector as a device, where inventory lists it.").nullish(),
  affected_site_ids: z
    .array(siteIdSchema)
    .nullish()
    .meta({
      description: "The sites whose devices depend on it.",
      examples: [["5d1f2c3a-8c1b-4d52-9b1e-2f6b0f5c7a10"]],
    }),
  reason: reasonSchema("internet_down").nullish(),
});

/** The vendor's cloud has lost its own connector. @see spec/1.0/contract.md#connector-events */
export const connectorDisconnectedEventSchema = eventOf(
  CONNECTOR_DISCONNECTED,
  connectorDataSchema.meta({
    id: "ConnectorDisconnectedData",
    description: "A connector that lost its connection.",
  }),
).meta({
  id: "ConnectorDisconnectedEvent",
  description: "The vendor's own connector lost its connection.",
  "x-requirement": "EVT-002",
});
export type ConnectorDisconnectedEvent = z.infer<typeof connectorDisconnectedEventSchema>;

/** The vendor's cloud has its own connector back. @see spec/1.0/contract.md#connector-events */
export const connectorReconnectedEventSchema = eventOf(
  CONNECTOR_RECONNECTED,
  connectorDataSchema.meta({
    id: "ConnectorReconnectedData",
    description: "A connector that has its connection back.",
  }),
).meta({
  id: "ConnectorReconnectedEvent",
  description: "The vendor's own connector has its connection back.",
  "x-requirement": "EVT-002",
});
export type ConnectorReconnectedEvent = z.infer<typeof connectorReconnectedEventSchema>;
