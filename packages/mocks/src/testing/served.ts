import { createVendorClient, VendorClientError } from "@convergint/client";
import { problemSchema } from "@convergint/schemas";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import {
  type MockConsumer,
  type MockConsumerOptions,
  type MockVendorCloud,
  type MockVendorCloudOptions,
  mockConsumer,
  mockVendorCloud,
} from "../index.ts";

const server = setupServer();

/** Starts the mock server of this test file. Call it once, at the top. */
export function answerRequests(): void {
  beforeAll(() => server.listen({ onUnhandledFrame: "error" }));
  afterEach(() => server.resetHandlers());
  afterAll(() => server.close());
}

/** Creates a cloud that answers until the test ends, and a real client for it. */
export function serveCloud(options?: MockVendorCloudOptions) {
  const cloud = mockVendorCloud(options);
  server.use(...cloud.handlers);
  return { cloud, client: createVendorClient({ baseUrl: cloud.url, credential: { apiKey: cloud.apiKey } }) };
}

/** Creates a consumer that answers until the test ends. */
export function serveConsumer(options: MockConsumerOptions): MockConsumer {
  const consumer = mockConsumer(options);
  server.use(...consumer.handlers);
  return consumer;
}

/** Calls a cloud with its API key. */
export const call = (cloud: MockVendorCloud, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${cloud.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${cloud.apiKey}`, ...init.headers },
  });

interface Schema<Output> {
  parse(value: unknown): Output;
}

/** Calls a cloud and validates the response with the contract's schema. */
export async function read<Output>(schema: Schema<Output>, answer: Response): Promise<Output> {
  expect(answer.headers.get("content-type")).toBe("application/json");
  return schema.parse(await answer.json());
}

/** Returns the code of a response, which must be a valid problem. */
export async function problemOf(answer: Response): Promise<string> {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const problem = problemSchema.parse(await answer.json());
  expect(problem.status).toBe(answer.status);
  return `${problem.status} ${problem.code}`;
}

/** Collects all items of a listing. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Returns the error code of a failing call of the real client. */
export async function failureOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => expect.fail("the call should have failed"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(VendorClientError);
  return (error as VendorClientError).code;
}
