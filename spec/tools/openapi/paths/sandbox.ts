import {
  deviceSchema,
  pingAcceptedSchema,
  sandboxDeviceCommandSchema,
  sandboxEventCommandSchema,
  sandboxMoveCommandSchema,
  sandboxStatusCommandSchema,
} from "@convergint/schemas";
import { OTHER_SITE_ID, SITE_ID } from "../examples/ids.ts";
import { camera } from "../examples/inventory.ts";
import { pingAccepted } from "../examples/webhook-endpoints.ts";
import { using } from "../parameters.ts";
import { body, failures, json } from "../responses.ts";

const tags = ["Sandbox control"];
const WHERE =
  "The path is relative to the manifest's `sandbox.control_url`. This document shows that URL as `/sandbox`.";
const refusals = failures("BadRequest", "NotFound", "TooLarge", "UnsupportedMediaType");
const refusalsOfDevice = failures("BadRequest", "NotFound", "Conflict", "TooLarge", "UnsupportedMediaType");

/** The paths that change sandbox devices. */
export const sandboxPaths = {
  "/sandbox/devices/{device_id}/status": {
    parameters: using("DeviceId"),
    post: {
      operationId: "setSandboxDeviceStatus",
      summary: "Set the status of a sandbox device",
      description: `The effect is as if the device itself had changed. ${WHERE}`,
      tags,
      requestBody: body(sandboxStatusCommandSchema, "The status.", {
        status: "offline",
        status_reason: "power_loss",
      }),
      responses: {
        200: json(deviceSchema, "The device with its new status.", {
          ...camera,
          status: "offline",
          status_reason: "power_loss",
        }),
        ...refusalsOfDevice,
      },
    },
  },
  "/sandbox/devices/{device_id}/events": {
    parameters: using("DeviceId"),
    post: {
      operationId: "publishSandboxEvent",
      summary: "Make a sandbox device publish an event whose type is in the catalogue",
      description: WHERE,
      tags,
      requestBody: body(sandboxEventCommandSchema, "The event's type.", {
        type: "com.convergint.device.heartbeat.v1",
      }),
      responses: {
        202: json(pingAcceptedSchema, "Accepted for delivery.", pingAccepted),
        ...refusalsOfDevice,
      },
    },
  },
  "/sandbox/devices": {
    post: {
      operationId: "addSandboxDevice",
      summary: "Add a sandbox device",
      description: `The effect is as if a person had installed the device. ${WHERE}`,
      tags,
      requestBody: body(sandboxDeviceCommandSchema, "The device.", {
        site_id: SITE_ID,
        type: camera.type,
        name: camera.name,
      }),
      responses: { 201: json(deviceSchema, "The added device.", camera), ...refusals },
    },
  },
  "/sandbox/devices/{device_id}/move": {
    parameters: using("DeviceId"),
    post: {
      operationId: "moveSandboxDevice",
      summary: "Move a sandbox device to another site",
      description: `The device keeps its id. ${WHERE}`,
      tags,
      requestBody: body(sandboxMoveCommandSchema, "The site to move to.", { site_id: OTHER_SITE_ID }),
      responses: {
        200: json(deviceSchema, "The device at its new site.", { ...camera, site_id: OTHER_SITE_ID }),
        ...refusals,
      },
    },
  },
  "/sandbox/devices/{device_id}": {
    parameters: using("DeviceId"),
    delete: {
      operationId: "removeSandboxDevice",
      summary: "Remove a sandbox device",
      description: `The effect is as if a person had removed the device. ${WHERE}`,
      tags,
      responses: { 204: { description: "Removed." }, ...failures("NotFound") },
    },
  },
};
