import { DEVICE_STATUS_CHANGED, isEventTypeName, manifestSchema } from "@convergint/schemas";
import { DELIVERIES, eventsIn } from "../evidence/deliveries.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { declaredDeviceTypes } from "../evidence/manifest.ts";
import { isObject, itemsOf, listOf, mediaTypeOf, memberOf, objectOf, textOf } from "../evidence/read.ts";
import { isLoopback, urlsIn } from "../evidence/urls.ts";
import { check } from "./check.ts";
import { judgeEach, show } from "./finding.ts";
import { findUnusableResponse } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const OF_THE_CONTRACT = "com.convergint.";

/** The event types that a list of them names, each with where it stands. */
const eventTypesOf = (exchange: Exchange, name: "event_types" | "data") =>
  listOf(objectOf(exchange), name).flatMap((entry, index) => {
    const type = textOf(entry, "type");
    return type === null ? [] : [{ at: exchange.id, pointer: `/${name}/${index}/type`, type }];
  });

export const discoveryChecks = [
  check("MAN-001", ["discovery"], ({ discovery: { manifest } }) =>
    judgeEach([{ at: manifest.id }], "", () => {
      const unreadable = findUnusableResponse(manifest);
      if (unreadable) {
        return {
          ...unreadable,
          hint: `Serve the manifest at ${new URL(manifest.request.url).pathname}, with no credential asked for.`,
        };
      }
      const mediaType = mediaTypeOf(manifest.response?.headers ?? {});
      if (mediaType !== "application/json") {
        return {
          where: "content-type",
          expected: "application/json",
          actual: show(mediaType),
          hint: "Set the header where the file is served: a client that goes by it reads no JSON in anything else.",
        };
      }
      return findSchemaFailure(manifestSchema, objectOf(manifest));
    }),
  ),

  check("MAN-002", ["discovery"], ({ discovery: { manifest } }) => {
    const version = textOf(objectOf(manifest), "contract_version");
    return judgeEach(version === null ? [] : [{ at: manifest.id }], "the manifest names no version", () =>
      /^1\.\d+$/.test(version ?? "")
        ? null
        : {
            where: "/contract_version",
            expected: 'the text "1.0", or a later minor version of 1',
            actual: show(version),
            hint: "Name the version of this contract that you built for, such as 1.0, and not the version of your own API.",
          },
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
          actual: "not listed so",
          hint: `Add {"type":"${DEVICE_STATUS_CHANGED}","delivery":["webhook"]} to event_types.`,
        };
      }
      const sources = [...declaredDeviceTypes(manifest).values()];
      return sources.some((source) => source.includes("events"))
        ? null
        : {
            where: "/device_types",
            expected: "a type with status_from events",
            actual: "none",
            hint: 'Put "events" into status_from of each type whose changes of status you post.',
          };
    }),
  ),

  check("MAN-007", ["discovery"], ({ discovery: { manifest } }) => {
    const urls = urlsIn(objectOf(manifest));
    // A manifest without any URL is MAN-001's matter.
    return judgeEach(
      urls.map((url) => ({ at: manifest.id, ...url })),
      "the manifest has no URL; see MAN-001",
      ({ pointer, text }) => {
        const url = URL.canParse(text) ? new URL(text) : null;
        if (url?.username || url?.password) {
          return {
            where: pointer,
            expected: "a URL without user name and password",
            actual: "one that holds them",
            hint: "Anybody can read the manifest: take them out, and change the password.",
          };
        }
        if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url))) return null;
        return {
          where: pointer,
          expected: "an https URL",
          actual: show(text),
          hint: "What is served in the clear can be read and changed on its way: serve it by https, and name it so.",
        };
      },
    );
  }),

  check("MAN-008", ["discovery", ...DELIVERIES], ({ discovery, ...evidence }) => {
    const listed = new Set(eventTypesOf(discovery.manifest, "event_types").map(({ type }) => type));
    return judgeEach(
      eventsIn(evidence)
        .map(({ at, event }) => ({ at, type: textOf(event, "type") }))
        .filter(({ type }) => type !== null),
      "no webhook with a type came; see EVT-001",
      ({ type }) =>
        listed.has(type ?? "")
          ? null
          : {
              where: "/type",
              expected: "a type that the manifest's event_types lists",
              actual: show(type),
              hint: "List every type that you post, that of pings included.",
            },
    );
  }),

  check("MAN-009", ["discovery", "catalogue"], ({ discovery: { manifest }, catalogue }) => {
    const named = [...eventTypesOf(manifest, "event_types"), ...eventTypesOf(catalogue.exchange, "data")];
    return judgeEach(named, "neither manifest nor catalogue names an event type", ({ pointer, type }) =>
      !type.startsWith(OF_THE_CONTRACT) || isEventTypeName(type)
        ? null
        : {
            where: pointer,
            expected: `a type that the contract defines, or one below your own name instead of ${OF_THE_CONTRACT}`,
            actual: show(type),
            hint: "Rename it in manifest, catalogue and events, such as com.yourcompany.parking.barrier_raised.v1.",
          },
    );
  }),
];
