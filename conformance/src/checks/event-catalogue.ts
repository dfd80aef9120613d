import { eventCatalogSchema, isEventTypeName } from "@convergint/schemas";
import { listOf, objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { judgeEach, show } from "./finding.ts";
import { findUnusableResponse } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

export const eventCatalogueChecks = [
  check("CAT-001", ["discovery", "catalogue"], ({ discovery, catalogue: { exchange } }) =>
    judgeEach([{ at: exchange.id }], "", () => {
      const wrong =
        findUnusableResponse(exchange) ?? findSchemaFailure(eventCatalogSchema, objectOf(exchange));
      if (wrong) return wrong;
      const declared = listOf(objectOf(discovery.manifest), "event_types").map(({ type }) => String(type));
      const catalogued = listOf(objectOf(exchange), "data").map(({ type }) => String(type));
      const missing = declared.find((type) => !catalogued.includes(type));
      if (missing !== undefined) {
        return {
          where: "/data",
          expected: `${missing}, which the manifest lists`,
          actual: "not in the catalogue",
          hint: "Generate the catalogue and the manifest's event_types from one source. If you send this type, add it to the catalogue. Otherwise remove it from the manifest.",
        };
      }
      const extra = catalogued.find((type) => !declared.includes(type));
      return extra === undefined
        ? null
        : {
            where: "/data",
            expected: "only event types that the manifest lists",
            actual: `also ${extra}`,
            hint: "Generate the catalogue and the manifest's event_types from one source. If you send this type, add it to the manifest's event_types. Otherwise remove it from the catalogue.",
          };
    }),
  ),

  check("CAT-002", ["catalogue"], ({ catalogue: { exchange } }) =>
    judgeEach([{ at: exchange.id }], "", () => {
      const unreadable = findUnusableResponse(exchange);
      if (unreadable) return unreadable;
      const entries = listOf(objectOf(exchange), "data");
      const index = entries.findIndex((entry) => {
        const type = textOf(entry, "type");
        return type !== null && !isEventTypeName(type) && !URL.canParse(textOf(entry, "schema") ?? "");
      });
      return index === -1
        ? null
        : {
            where: `/data/${index}/schema`,
            expected: `the URL of the JSON Schema for ${show(entries[index]?.["type"])}`,
            actual: show(entries[index]?.["schema"]),
            hint: "This is your own event type. Publish a JSON Schema for it and set schema to its URL.",
          };
    }),
  ),
];
