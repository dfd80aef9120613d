import { styleText } from "node:util";

/** Styles a text, or returns it unchanged. */
export type StyleText = (
  format: "bold" | "dim" | "green" | "red" | "yellow" | "cyan",
  text: string,
) => string;

/** Returns whether to write color codes: on a terminal, unless `NO_COLOR` is set. */
export const shouldUseColor = (
  screen: { readonly isTTY?: boolean | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): boolean => Boolean(screen.isTTY) && !environment["NO_COLOR"];

/** Creates the function that styles text. @param color whether to write color codes */
export const createStyle = (color: boolean): StyleText =>
  color ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text;
