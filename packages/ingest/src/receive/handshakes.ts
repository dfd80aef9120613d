import type { HandshakeAnswer } from "@convergint/profiles";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Integration } from "../integrations/integration.ts";
import type { Integrations } from "../integrations/integrations.ts";
import { getReader } from "../integrations/profile.ts";
import { ProblemError } from "../problem.ts";
import type { Delivery } from "./accept.ts";

const REFUSED = new ProblemError(
  405,
  "method_not_allowed",
  "Deliveries are posted. To ask first, send the sender's host name in WebHook-Request-Origin; the server's operator allows it with --allow-webhook-origin.",
);

/** Finds the answer to a request by which a vendor asks whether this server is the destination; `null` for any other request. */
export const findHandshake = (
  { profile }: Integration,
  request: { readonly method: string } & Pick<Delivery, "url" | "headers" | "body">,
): HandshakeAnswer | null => profile && getReader(profile).answerHandshake(request);

/** Answers a handshake. The answer repeats text of anyone's request, which a browser must not run. */
export const sendHandshake = (
  reply: FastifyReply,
  { status, headers, body }: HandshakeAnswer,
): FastifyReply =>
  reply
    .code(status)
    .headers({ ...headers, "x-content-type-options": "nosniff", "content-security-policy": "sandbox" })
    .send(body);

/** Answers CloudEvents' validation request of a sender that the operator named. */
function answerNamedOrigin(
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  allowed: ReadonlySet<string>,
): FastifyReply | null {
  const sent = headers["webhook-request-origin"];
  const origin = typeof sent === "string" ? sent.trim().toLowerCase() : "";
  if (method !== "OPTIONS" || !allowed.has(origin)) return null;
  reply.headers({ "webhook-allowed-origin": origin, "webhook-allowed-rate": "*" });
  return reply.code(200).send();
}

/**
 * Adds the answers to requests by which senders ask before their first delivery: CloudEvents' validation request of senders
 * that the operator named, and what profiles describe. Every other request gets the same refusal, so that none shows which
 * integrations exist. `WebHook-Request-Callback` is never called.
 *
 * @param allowedOrigins host names of senders, such as `eventgrid.azure.net`
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
 */
export function handshakeRoutes(
  app: FastifyInstance,
  integrations: Pick<Integrations, "getCached" | "refresh" | "webhookUrl">,
  allowedOrigins: readonly string[],
): void {
  const allowed: ReadonlySet<string> = new Set(allowedOrigins.map((origin) => origin.toLowerCase()));
  app.route<{ Params: { integrationId: string } }>({
    method: ["GET", "OPTIONS"],
    url: "/webhooks/:integrationId",
    exposeHeadRoute: false,
    // Answers before a body is read.
    async onRequest(request, reply) {
      reply.header("allow", "POST");
      const named = answerNamedOrigin(request, reply, allowed);
      if (named) return named;
      const { integrationId } = request.params;
      const integration =
        integrations.getCached(integrationId) ?? (await integrations.refresh(integrationId));
      const query = request.url.indexOf("?");
      const asked = {
        method: request.method,
        url: `${integrations.webhookUrl(integrationId)}${query === -1 ? "" : request.url.slice(query)}`,
        headers: request.headers,
        body: Buffer.alloc(0),
      };
      const answer = integration?.disabledAt === null ? findHandshake(integration, asked) : null;
      if (!answer) throw REFUSED;
      return sendHandshake(reply.removeHeader("allow"), answer);
    },
    handler: async () => {
      throw REFUSED;
    },
  });
}
