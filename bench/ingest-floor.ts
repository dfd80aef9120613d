import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * The baseline, as a separate process: a receiver that does the least possible work. It verifies, parses and
 * answers without a framework, and stores nothing.
 */
const [, , secret = ""] = process.argv;
const key = createSecretKey(Buffer.from(secret.replace(/^whsec_/, ""), "base64"));

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request
    .on("data", (chunk: Buffer) => chunks.push(chunk))
    .on("end", () => {
      const body = Buffer.concat(chunks);
      const { headers } = request;
      const expected = createHmac("sha256", key)
        .update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`)
        .update(body)
        .digest();
      const given = Buffer.from(String(headers["webhook-signature"]).slice(3), "base64");
      const genuine = given.length === expected.length && timingSafeEqual(given, expected);
      if (genuine) JSON.parse(body.toString("utf8"));
      response.writeHead(genuine ? 204 : 401).end();
    });
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ port, path: "/" })}\n`);
});
