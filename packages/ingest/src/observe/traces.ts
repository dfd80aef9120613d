import { type Attributes, context, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { VERSION } from "../version.ts";

const NAME = "convergint-ingest";

let isTracing = false;

/** Runs work in a span. Costs nothing while tracing is off. */
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
      // Records only the code: the message may quote the delivery, and delivered data must not leave this system.
      const { code = "error" } = error as { readonly code?: string };
      span.setStatus({ code: SpanStatusCode.ERROR, message: code });
      throw error;
    } finally {
      span.end();
    }
  });
}

/**
 * Exports traces to `OTEL_EXPORTER_OTLP_ENDPOINT`. Does nothing if that variable is not set. The exporter
 * also reads the other OpenTelemetry variables.
 *
 * @returns a function that flushes the remaining traces
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
