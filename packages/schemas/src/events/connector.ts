import { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { opaqueId, siteIdSchema } from "../ids.ts";
import { aboutDevice, type EventFamilyDescriptor, reasonSchema, SAMPLE_IDS } from "./event-family.ts";

export const CONNECTOR_DISCONNECTED = "com.convergint.connector.disconnected.v1";
export const CONNECTOR_RECONNECTED = "com.convergint.connector.reconnected.v1";

const connectorDataSchema = eventDataSchema.extend({
  connector_id: opaqueId().meta({
    description: "The vendor's own on-premises connector or bridge.",
    examples: ["bridge-2"],
    "x-requirement": "EVT-022",
  }),
  device_id: aboutDevice("The connector's device id, if the inventory lists the connector.").nullish(),
  affected_site_ids: z
    .array(siteIdSchema)
    .nullish()
    .meta({
      description: "The sites whose devices depend on the connector.",
      examples: [["5d1f2c3a-8c1b-4d52-9b1e-2f6b0f5c7a10"]],
    }),
  reason: reasonSchema("internet_down").nullish(),
});

/** The vendor's own connector lost its connection. @see spec/1.0/contract.md#connector-events */
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

/** The vendor's own connector regained its connection. @see spec/1.0/contract.md#connector-events */
export const connectorReconnectedEventSchema = eventOf(
  CONNECTOR_RECONNECTED,
  connectorDataSchema.meta({
    id: "ConnectorReconnectedData",
    description: "A connector that regained its connection.",
  }),
).meta({
  id: "ConnectorReconnectedEvent",
  description: "The vendor's own connector regained its connection.",
  "x-requirement": "EVT-002",
});
export type ConnectorReconnectedEvent = z.infer<typeof connectorReconnectedEventSchema>;

const CONNECTOR = { connector_id: "bridge-2" };
const DETAILS = {
  device_id: SAMPLE_IDS.gateway,
  affected_site_ids: [SAMPLE_IDS.site],
  reason: "internet_down",
};

export const connectorFamily = {
  name: "connector",
  requirement: "EVT-022",
  subject: "org",
  deviceTypes: ["recorder", "access_controller", "alarm_panel"],
  types: {
    [CONNECTOR_DISCONNECTED]: {
      schema: connectorDisconnectedEventSchema,
      sample: { required: CONNECTOR, optional: DETAILS },
    },
    [CONNECTOR_RECONNECTED]: {
      schema: connectorReconnectedEventSchema,
      sample: { required: CONNECTOR, optional: DETAILS },
    },
  },
  sequences: [[{ type: CONNECTOR_DISCONNECTED }, { type: CONNECTOR_RECONNECTED }]],
  pairedBy: "connector_id",
} as const satisfies EventFamilyDescriptor;
