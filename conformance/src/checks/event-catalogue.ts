import { eventCatalogSchema } from "@convergint/schemas";
import { listOf, objectOf } from "../evidence/read.ts";
import { invalid, notAnAnswer } from "./answers.ts";
import { check } from "./check.ts";
import { judgeEach } from "./finding.ts";

export const eventCatalogueChecks = [
  check("CAT-001", ["discovery", "catalogue"], ({ discovery, catalogue: { exchange } }) =>
    judgeEach([{ at: exchange.id }], "", () => {
      const wrong = notAnAnswer(exchange) ?? invalid(eventCatalogSchema, objectOf(exchange));
      if (wrong) return wrong;
      const declared = listOf(objectOf(discovery.manifest), "event_types").map(({ type }) => String(type));
      const catalogued = listOf(objectOf(exchange), "data").map(({ type }) => String(type));
      const missing = declared.find((type) => !catalogued.includes(type));
      if (missing !== undefined) {
        return {
          where: "/data",
          expected: `${missing}, which the manifest lists`,
          actual: "not in the catalogue",
        };
      }
      const extra = catalogued.find((type) => !declared.includes(type));
      return extra === undefined
        ? null
        : { where: "/data", expected: "only event types that the manifest lists", actual: `also ${extra}` };
    }),
  ),
];
