import type { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { deviceIdSchema, opaqueId } from "../ids.ts";
import { aboutDevice, reasonSchema } from "./members.ts";

export const VIDEO_STREAM_LOST = "com.convergint.video.stream_lost.v1";
export const VIDEO_STREAM_RESTORED = "com.convergint.video.stream_restored.v1";
export const VIDEO_RECORDING_FAILED = "com.convergint.video.recording_failed.v1";
export const VIDEO_RECORDING_RESTORED = "com.convergint.video.recording_restored.v1";

const videoDataSchema = eventDataSchema.extend({
  device_id: aboutDevice("The camera or channel."),
  recorder_device_id: deviceIdSchema.nullish().meta({ description: "The recorder, where known." }),
  stream_id: opaqueId()
    .nullish()
    .meta({ description: "Which stream of the camera, where it has several.", examples: ["main"] }),
});

/** A camera's stream no longer arrives. @see spec/1.0/contract.md#video-events */
export const videoStreamLostEventSchema = eventOf(
  VIDEO_STREAM_LOST,
  videoDataSchema
    .extend({ reason: reasonSchema("timeout").nullish() })
    .meta({ id: "VideoStreamLostData", description: "A stream that was lost." }),
).meta({ id: "VideoStreamLostEvent", description: "A stream was lost.", "x-requirement": "EVT-002" });
export type VideoStreamLostEvent = z.infer<typeof videoStreamLostEventSchema>;

/** A camera's stream arrives again. @see spec/1.0/contract.md#video-events */
export const videoStreamRestoredEventSchema = eventOf(
  VIDEO_STREAM_RESTORED,
  videoDataSchema.meta({ id: "VideoStreamRestoredData", description: "A stream that is back." }),
).meta({ id: "VideoStreamRestoredEvent", description: "A stream is back.", "x-requirement": "EVT-002" });
export type VideoStreamRestoredEvent = z.infer<typeof videoStreamRestoredEventSchema>;

/** A camera is no longer recorded. @see spec/1.0/contract.md#video-events */
export const videoRecordingFailedEventSchema = eventOf(
  VIDEO_RECORDING_FAILED,
  videoDataSchema
    .extend({ reason: reasonSchema("disk_full").nullish() })
    .meta({ id: "VideoRecordingFailedData", description: "A recording that failed." }),
).meta({ id: "VideoRecordingFailedEvent", description: "A recording failed.", "x-requirement": "EVT-002" });
export type VideoRecordingFailedEvent = z.infer<typeof videoRecordingFailedEventSchema>;

/** A camera is recorded again. @see spec/1.0/contract.md#video-events */
export const videoRecordingRestoredEventSchema = eventOf(
  VIDEO_RECORDING_RESTORED,
  videoDataSchema.meta({
    id: "VideoRecordingRestoredData",
    description: "A recording that goes on again.",
  }),
).meta({
  id: "VideoRecordingRestoredEvent",
  description: "A recording goes on again.",
  "x-requirement": "EVT-002",
});
export type VideoRecordingRestoredEvent = z.infer<typeof videoRecordingRestoredEventSchema>;
