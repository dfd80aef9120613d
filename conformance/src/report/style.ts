import { styleText } from "node:util";

/** Puts a text in a colour, or leaves it as it is. */
export type StyleText = (
  format: "bold" | "dim" | "green" | "red" | "yellow" | "cyan",
  text: string,
) => string;

/** @param color whether the reader shows colours */
export const styled = (color: boolean): StyleText =>
  color ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text;
