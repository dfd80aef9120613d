import type { PayloadIssue } from "./errors.ts";

/**
 * The part of the Standard Schema interface (https://standardschema.dev) that parsing a payload takes: zod, Valibot,
 * ArkType and others offer it.
 */
export interface PayloadSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => PayloadResult<Output> | Promise<PayloadResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** What a schema says of a value. */
export type PayloadResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly PayloadIssue[] };
