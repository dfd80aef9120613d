import { z } from "zod";
import { httpUrlSchema, text } from "./text.ts";

const OAUTH2 = "oauth2_client_credentials";

/**
 * One way to authenticate a call. `scheme` is an open vocabulary and determines the other members;
 * a consumer picks a scheme that it supports.
 */
export const authenticationSchema = z
  .looseObject({
    scheme: text(1, 64).meta({
      description: `How a call is authenticated: \`bearer\` (an API key), \`${OAUTH2}\` (RFC 6749, section 4.4), or another.`,
      examples: ["bearer"],
    }),
    token_url: httpUrlSchema.nullish().meta({
      description: `URL that issues access tokens; required with ${OAUTH2}.`,
      examples: ["https://auth.campus.example/oauth/token"],
    }),
    scopes: z
      .array(text(1, 256).meta({ description: "An OAuth 2 scope.", examples: ["inventory:read"] }))
      .nullish()
      .meta({ description: "The available OAuth 2 scopes.", examples: [["inventory:read"]] }),
  })
  .superRefine(({ scheme, token_url }, context) => {
    if (scheme !== OAUTH2 || typeof token_url === "string") return;
    context.addIssue({
      code: "custom",
      path: ["token_url"],
      message: `Send the URL that issues access tokens, because the scheme is ${OAUTH2}.`,
    });
  })
  .meta({
    description: "One way to authenticate a call.",
    if: { properties: { scheme: { const: OAUTH2 } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nothing awaits this object.
    then: { properties: { token_url: { type: "string" } }, required: ["token_url"] },
  });
