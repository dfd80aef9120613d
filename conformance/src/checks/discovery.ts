import { DEVICE_STATUS_CHANGED, manifestSchema } from "@convergint/schemas";
import { declaredDeviceTypes } from "../evidence/manifest.ts";
import { isObject, itemsOf, listOf, mediaTypeOf, memberOf, objectOf, textOf } from "../evidence/read.ts";
import { invalid, notAnAnswer } from "./answers.ts";
import { check } from "./check.ts";
import { judgeEach, show } from "./finding.ts";

export const discoveryChecks = [
  check("MAN-001", ["discovery"], ({ discovery: { manifest } }) =>
    judgeEach([{ at: manifest.id }], "", () => {
      const unreadable = notAnAnswer(manifest);
      if (unreadable) {
        return {
          ...unreadable,
          hint: `Serve the manifest at ${new URL(manifest.request.url).pathname}, with no credential asked for.`,
        };
      }
      const mediaType = mediaTypeOf(manifest.response?.headers ?? {});
      if (mediaType !== "application/json") {
        return { where: "content-type", expected: "application/json", actual: show(mediaType) };
      }
      return invalid(manifestSchema, objectOf(manifest));
    }),
  ),

  check("MAN-002", ["discovery"], ({ discovery: { manifest } }) => {
    const version = textOf(objectOf(manifest), "contract_version");
    return judgeEach(version === null ? [] : [{ at: manifest.id }], "the manifest names no version", () =>
      /^1\.\d+$/.test(version ?? "")
        ? null
        : { where: "/contract_version", expected: "1.0, or a later minor version", actual: show(version) },
    );
  }),

  check("MAN-003", ["discovery", "devices"], ({ discovery, devices }) => {
    const declared = declaredDeviceTypes(discovery.manifest);
    return judgeEach(itemsOf(devices.listing), "no device was listed", ({ value, pointer }) => {
      const type = textOf(isObject(value) ? value : null, "type");
      if (type === null || declared.has(type)) return null;
      return {
        where: `${pointer}/type`,
        expected: `one of the manifest's device_types: ${[...declared.keys()].join(", ")}`,
        actual: show(type),
        hint: "Add the type to device_types in the manifest, with where its status comes from.",
      };
    });
  }),

  check("MAN-004", ["discovery"], ({ discovery: { manifest } }) =>
    judgeEach([{ at: manifest.id }], "", () => {
      const declared = objectOf(manifest);
      if (memberOf(declared, "webhooks") === null) {
        return {
          where: "/webhooks",
          expected: "the webhook capabilities",
          actual: "none",
          hint: "A vendor without webhooks can be certified on polling alone: --profile inventory.",
        };
      }
      const posted = listOf(declared, "event_types").some(
        ({ type, delivery }) =>
          type === DEVICE_STATUS_CHANGED && Array.isArray(delivery) && delivery.includes("webhook"),
      );
      if (!posted) {
        return {
          where: "/event_types",
          expected: `${DEVICE_STATUS_CHANGED} with delivery webhook`,
          actual: "not listed",
        };
      }
      const sources = [...declaredDeviceTypes(manifest).values()];
      return sources.some((source) => source.includes("events"))
        ? null
        : { where: "/device_types", expected: "a type with status_from events", actual: "none" };
    }),
  ),
];
