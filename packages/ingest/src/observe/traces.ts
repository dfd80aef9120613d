import { type Attributes, context, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { VERSION } from "../version.ts";

const NAME = "convergint-ingest";

let isTracing = false;

/** Does something within a span. Costs nothing while nobody traces. */
export function traced<Result>(
  name: string,
  attributes: Attributes,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!isTracing) return work();
  return trace.getTracer(NAME, VERSION).startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      // The code alone: what a message quotes of a delivery is not for another system.
      const { code = "error" } = error as { readonly code?: string };
      span.setStatus({ code: SpanStatusCode.ERROR, message: code });
      throw error;
    } finally {
      span.end();
    }
  });
}

/**
 * Sends traces where `OTEL_EXPORTER_OTLP_ENDPOINT` says, and nowhere without it. The other variables of OpenTelemetry's
 * exporter hold too.
 *
 * @returns what sends the last of them
 */
export function startTraces(environment: Readonly<Record<string, string | undefined>>): () => Promise<void> {
  const endpoint =
    environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] ?? environment["OTEL_EXPORTER_OTLP_ENDPOINT"];
  if (!endpoint) return async () => {};
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": environment["OTEL_SERVICE_NAME"] ?? NAME,
      "service.version": VERSION,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  isTracing = true;
  return () => provider.shutdown();
}
