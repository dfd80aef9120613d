import { webhookEndpointCreatedSchema } from "@convergint/schemas";
import { objectOf, textOf } from "../evidence/read.ts";
import { answered, invalid, notAnAnswer } from "./answers.ts";
import { check } from "./check.ts";
import { judgeEach, show } from "./finding.ts";

export const webhookEndpointChecks = [
  check("SEC-001", ["endpoints"], ({ endpoints: { created, createdBeside, listed } }) =>
    judgeEach([{ at: listed.id }], "", () => {
      const unreadable = notAnAnswer(listed);
      if (unreadable) return unreadable;
      const secrets = [created, createdBeside].flatMap(
        (exchange) => textOf(objectOf(exchange), "secret") ?? [],
      );
      return secrets.some((secret) => listed.response?.body.includes(secret))
        ? {
            where: "body",
            expected: "endpoints without their secrets",
            actual: "a secret is shown",
            hint: "Show a secret once, when it is made. Whoever reads the list could sign events.",
          }
        : null;
    }),
  ),

  check("SEC-002", ["endpoints"], ({ endpoints: { created, createdBeside } }) =>
    judgeEach(
      [created, createdBeside].map((exchange) => ({ at: exchange.id, exchange })),
      "",
      ({ exchange }) => {
        if (exchange.response?.status !== 201) {
          return {
            expected: "201 with the endpoint and its secret",
            actual: answered(exchange),
            hint: "A sandbox tenant has to accept the suite's receiver, which listens on loopback unless --public-url is given.",
          };
        }
        const wrong = invalid(webhookEndpointCreatedSchema, objectOf(exchange));
        if (wrong) return { ...wrong, actual: "another value" };
        const secret = textOf(objectOf(exchange), "secret") ?? "";
        const encoded = secret.slice("whsec_".length);
        const bytes = Buffer.from(encoded, "base64");
        if (bytes.toString("base64") !== encoded || bytes.length < 24 || bytes.length > 64) {
          return {
            where: "/secret",
            expected: "whsec_ and the base64 of 24 to 64 random bytes",
            actual: `the base64 of ${bytes.length} bytes, or no base64`,
          };
        }
        const shared = secret === textOf(objectOf(exchange === created ? createdBeside : created), "secret");
        return shared
          ? {
              where: "/secret",
              expected: "a secret of its own for every endpoint",
              actual: show("the same for two"),
            }
          : null;
      },
    ),
  ),
];
