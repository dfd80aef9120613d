import type { z } from "zod";
import { text } from "./text.ts";

/**
 * An identifier on the wire: an opaque string of 1 to 256 characters, compared byte for byte. UUIDs are
 * recommended. Each kind of id is branded, so that an org id cannot be used as a site id.
 */
export const opaqueId = () => text(1, 256);

/** Identifies an org: the vendor's customer account. @see spec/1.0/contract.md#orgs */
export const orgIdSchema = opaqueId()
  .brand<"OrgId">()
  .meta({
    description: "Stable, globally unique id of the org (the vendor's customer account).",
    examples: ["0b9f6c1e-6f0a-4f0e-9d43-6f1f6f9f1a01"],
  });
export type OrgId = z.infer<typeof orgIdSchema>;

/** Identifies a site: a place with devices. @see spec/1.0/contract.md#sites */
export const siteIdSchema = opaqueId()
  .brand<"SiteId">()
  .meta({
    description: "Stable, globally unique id of the site.",
    examples: ["5d1f2c3a-8c1b-4d52-9b1e-2f6b0f5c7a10"],
  });
export type SiteId = z.infer<typeof siteIdSchema>;

/** Identifies a system: one logical installation of the vendor's product. @see spec/1.0/contract.md#systems */
export const systemIdSchema = opaqueId()
  .brand<"SystemId">()
  .meta({
    description:
      "Stable id of the system that the device belongs to, such as one of two access control servers at one site.",
    examples: ["b41d2c76-3f0a-4f59-9d27-7c5f0e8a1d34"],
  });
export type SystemId = z.infer<typeof systemIdSchema>;

/** Identifies a device. @see spec/1.0/contract.md#devices */
export const deviceIdSchema = opaqueId()
  .brand<"DeviceId">()
  .meta({
    description:
      "Stable, globally unique id of the device. The id is never only a MAC address, and is never reused.",
    examples: ["c0a8f6d2-1b7e-4a55-8a52-3f0c3e9d4b77"],
  });
export type DeviceId = z.infer<typeof deviceIdSchema>;

/** Identifies an event; the same on every retry. @see spec/1.0/contract.md#events */
export const eventIdSchema = opaqueId()
  .regex(
    /^[\x21-\x2d\x2f-\x7e]+$/,
    "Send visible ASCII characters without a dot, because the id is sent as webhook-id and is part of the signed content.",
  )
  .brand<"EventId">()
  .meta({
    description:
      "Stable id of the event, the same on every retry. Together with `source`, this id is the idempotency key.",
    examples: ["evt_01JD8Z5N6Q7R8S9T0V1W2X3Y4Z"],
    "x-requirement": "EVT-006",
  });
export type EventId = z.infer<typeof eventIdSchema>;
