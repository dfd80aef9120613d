import type { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { deviceIdSchema, opaqueId } from "../ids.ts";
import { aboutDevice, type EventFamilyDescriptor, reasonSchema, SAMPLE_IDS } from "./event-family.ts";

export const VIDEO_STREAM_LOST = "com.convergint.video.stream_lost.v1";
export const VIDEO_STREAM_RESTORED = "com.convergint.video.stream_restored.v1";
export const VIDEO_RECORDING_FAILED = "com.convergint.video.recording_failed.v1";
export const VIDEO_RECORDING_RESTORED = "com.convergint.video.recording_restored.v1";

const videoDataSchema = eventDataSchema.extend({
  device_id: aboutDevice("The camera or channel."),
  recorder_device_id: deviceIdSchema.nullish().meta({ description: "The recorder, if known." }),
  stream_id: opaqueId()
    .nullish()
    .meta({ description: "The stream, if the camera has several.", examples: ["main"] }),
});

/** A camera's stream was lost. @see spec/1.0/contract.md#video-events */
export const videoStreamLostEventSchema = eventOf(
  VIDEO_STREAM_LOST,
  videoDataSchema
    .extend({ reason: reasonSchema("timeout").nullish() })
    .meta({ id: "VideoStreamLostData", description: "A lost stream." }),
).meta({ id: "VideoStreamLostEvent", description: "A stream was lost.", "x-requirement": "EVT-002" });
export type VideoStreamLostEvent = z.infer<typeof videoStreamLostEventSchema>;

/** A camera's stream was restored. @see spec/1.0/contract.md#video-events */
export const videoStreamRestoredEventSchema = eventOf(
  VIDEO_STREAM_RESTORED,
  videoDataSchema.meta({ id: "VideoStreamRestoredData", description: "A restored stream." }),
).meta({ id: "VideoStreamRestoredEvent", description: "A stream was restored.", "x-requirement": "EVT-002" });
export type VideoStreamRestoredEvent = z.infer<typeof videoStreamRestoredEventSchema>;

/** The recording of a camera failed. @see spec/1.0/contract.md#video-events */
export const videoRecordingFailedEventSchema = eventOf(
  VIDEO_RECORDING_FAILED,
  videoDataSchema
    .extend({ reason: reasonSchema("disk_full").nullish() })
    .meta({ id: "VideoRecordingFailedData", description: "A failed recording." }),
).meta({ id: "VideoRecordingFailedEvent", description: "A recording failed.", "x-requirement": "EVT-002" });
export type VideoRecordingFailedEvent = z.infer<typeof videoRecordingFailedEventSchema>;

/** The recording of a camera was restored. @see spec/1.0/contract.md#video-events */
export const videoRecordingRestoredEventSchema = eventOf(
  VIDEO_RECORDING_RESTORED,
  videoDataSchema.meta({
    id: "VideoRecordingRestoredData",
    description: "A restored recording.",
  }),
).meta({
  id: "VideoRecordingRestoredEvent",
  description: "A recording was restored.",
  "x-requirement": "EVT-002",
});
export type VideoRecordingRestoredEvent = z.infer<typeof videoRecordingRestoredEventSchema>;

const CAMERA = { device_id: SAMPLE_IDS.camera };
const DETAILS = { recorder_device_id: SAMPLE_IDS.recorder, stream_id: "main" };

export const videoFamily = {
  name: "video",
  requirement: "EVT-020",
  subject: "device",
  deviceTypes: ["camera"],
  types: {
    [VIDEO_STREAM_LOST]: {
      schema: videoStreamLostEventSchema,
      sample: { required: CAMERA, optional: { ...DETAILS, reason: "timeout" } },
    },
    [VIDEO_STREAM_RESTORED]: {
      schema: videoStreamRestoredEventSchema,
      sample: { required: CAMERA, optional: DETAILS },
    },
    [VIDEO_RECORDING_FAILED]: {
      schema: videoRecordingFailedEventSchema,
      sample: { required: CAMERA, optional: { ...DETAILS, reason: "disk_full" } },
    },
    [VIDEO_RECORDING_RESTORED]: {
      schema: videoRecordingRestoredEventSchema,
      sample: { required: CAMERA, optional: DETAILS },
    },
  },
  sequences: [
    [{ type: VIDEO_STREAM_LOST }, { type: VIDEO_STREAM_RESTORED }],
    [{ type: VIDEO_RECORDING_FAILED }, { type: VIDEO_RECORDING_RESTORED }],
  ],
  pairedBy: null,
} as const satisfies EventFamilyDescriptor;
