import { DEVICE_STATUS_CHANGED, isEventTypeName, manifestSchema } from "@convergint/schemas";
import { DELIVERIES, eventsIn } from "../evidence/deliveries.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { findUrls, isLoopback } from "../evidence/json-pointer.ts";
import { readDeviceTypes } from "../evidence/manifest.ts";
import { isObject, itemsOf, listOf, mediaTypeOf, memberOf, objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, show } from "./finding.ts";
import { findUnusableResponse } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const CONTRACT_PREFIX = "com.convergint.";

/** Returns the event types in a list, each with its pointer. */
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
          hint: `Serve the manifest at ${new URL(manifest.request.url).pathname} without requiring a credential.`,
        };
      }
      const mediaType = mediaTypeOf(manifest.response?.headers ?? {});
      if (mediaType !== "application/json") {
        return {
          where: "content-type",
          expected: "application/json",
          actual: show(mediaType),
          hint: "Serve the manifest with Content-Type application/json. Clients do not parse other media types as JSON.",
        };
      }
      return findSchemaFailure(manifestSchema, objectOf(manifest));
    }),
  ),

  check("MAN-002", ["discovery"], ({ discovery: { manifest } }) => {
    const version = textOf(objectOf(manifest), "contract_version");
    return judgeEach(
      version === null ? [] : [{ at: manifest.id }],
      "the manifest has no contract_version",
      () =>
        /^1\.\d+$/.test(version ?? "")
          ? null
          : {
              where: "/contract_version",
              expected: 'the string "1.0", or a later minor version such as "1.1"',
              actual: show(version),
              hint: 'Set contract_version to the contract version you implement, such as "1.0", not to the version of your own API.',
            },
    );
  }),

  check("MAN-003", ["discovery", "devices"], ({ discovery, devices }) => {
    const declared = readDeviceTypes(discovery.manifest);
    return judgeEach(itemsOf(devices.listing), "no device was listed", ({ value, pointer }) => {
      const type = textOf(isObject(value) ? value : null, "type");
      if (type === null || declared.has(type)) return null;
      return {
        where: `${pointer}/type`,
        expected: `one of the manifest's device_types: ${[...declared.keys()].join(", ")}`,
        actual: show(type),
        hint: "Add the type to the manifest's device_types, with status_from.",
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
          hint: "Declare webhooks in the manifest. A vendor without webhooks can be certified for polling with --profile inventory.",
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
          actual: "not listed with this delivery",
          hint: `Add {"type":"${DEVICE_STATUS_CHANGED}","delivery":["webhook"]} to event_types.`,
        };
      }
      const sources = [...readDeviceTypes(manifest).values()];
      return sources.some((source) => source.includes("events"))
        ? null
        : {
            where: "/device_types",
            expected: 'a type that has "events" in status_from',
            actual: "none",
            hint: 'For every device type whose status changes you post, add "events" to status_from.',
          };
    }),
  ),

  check("MAN-007", ["discovery"], ({ discovery: { manifest } }) => {
    // The value of a member such as `$schema` is a name. No program requests it as a URL.
    const urls = findUrls(objectOf(manifest)).filter(({ pointer }) => !/\/\$[^/]+$/.test(pointer));
    const isSandboxHere = isLoopback(new URL(manifest.request.url));
    // MAN-001 reports a manifest without any URL.
    return judgeEach(
      urls.map((url) => ({ at: manifest.id, ...url })),
      "the manifest has no URL; see MAN-001",
      ({ pointer, text }) => {
        const url = URL.canParse(text) ? new URL(text) : null;
        if (url?.username || url?.password) {
          return {
            where: pointer,
            expected: "a URL without user name and password",
            actual: "a URL with credentials",
            hint: "Remove the credentials from the URL and change the password. The manifest is public.",
          };
        }
        if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url) && isSandboxHere))
          return null;
        return {
          where: pointer,
          expected: "an https URL",
          actual: show(text),
          hint: "Serve this URL over https, and write https in the manifest. Others can read and change plain http in transit.",
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
      "no webhook with a type arrived; see EVT-001",
      ({ type }) =>
        listed.has(type ?? "")
          ? null
          : {
              where: "/type",
              expected: "a type that the manifest's event_types lists",
              actual: show(type),
              hint: "Add every event type that you post to event_types, including the type of pings.",
            },
    );
  }),

  check("MAN-009", ["discovery", "catalogue"], ({ discovery: { manifest }, catalogue }) => {
    const named = [...eventTypesOf(manifest, "event_types"), ...eventTypesOf(catalogue.exchange, "data")];
    return judgeEach(
      named,
      "neither the manifest nor the catalogue lists an event type",
      ({ pointer, type }) =>
        !type.startsWith(CONTRACT_PREFIX) || isEventTypeName(type)
          ? null
          : {
              where: pointer,
              expected: `a type that the contract defines, or a type with your own prefix instead of ${CONTRACT_PREFIX}`,
              actual: show(type),
              hint: "Rename the type in the manifest, catalogue and events, for example to com.yourcompany.parking.barrier_raised.v1.",
            },
    );
  }),

  check("SEC-004", ["discovery", "orgs", "catalogue"], ({ discovery, orgs, catalogue }): Finding => {
    const { manifest, rejectsCertificates = true } = discovery;
    const served = [manifest, ...orgs.listing.pages.slice(0, 1), catalogue.exchange];
    const calls = served.map(({ id, request }) => ({ at: id, pointer: "", text: request.url }));
    // MAN-007 judges the URLs in the manifest.
    const schemas = listOf(objectOf(catalogue.exchange), "data").flatMap((entry, index) => {
      const text = textOf(entry, "schema");
      return text === null ? [] : [{ at: catalogue.exchange.id, pointer: `/data/${index}/schema`, text }];
    });
    const isPlain = (text: string) => {
      const url = URL.canParse(text) ? new URL(text) : null;
      return url?.protocol === "http:" && !isLoopback(url);
    };
    const finding = judgeEach([...calls, ...schemas], "", ({ pointer, text }) =>
      isPlain(text)
        ? {
            ...(pointer !== "" && { where: pointer }),
            expected: "an https URL",
            actual: show(text),
            hint: "Serve this URL over https, with a certificate of a public authority. Others can read and change plain http in transit.",
          }
        : null,
    );
    const isSecure = calls.some(({ text }) => text.startsWith("https:"));
    if (finding.outcome === "pass" && isSecure && !rejectsCertificates) {
      return {
        outcome: "could-not-run",
        reason: "NODE_TLS_REJECT_UNAUTHORIZED=0 accepts every certificate; unset it and run again",
      };
    }
    return finding.outcome === "pass" && !isSecure
      ? { ...finding, unseen: "This sandbox is at a loopback address, so the suite saw no certificate." }
      : finding;
  }),
];
