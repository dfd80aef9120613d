import { CreateError } from "./errors.ts";

/** A row of a CSV file. */
export interface Row {
  /** The line on which the row starts, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The separator of a file: the one that its first line has most often. */
function separatorOf(text: string): string {
  const header = /^[^\r\n]*/.exec(text)?.[0] ?? "";
  const count = (separator: string) => header.split(separator).length;
  return [",", ";", "\t"].toSorted((a, b) => count(b) - count(a))[0] ?? ",";
}

/**
 * Reads CSV (RFC 4180), also with semicolons or tabs, a byte order mark, and empty lines, which are left out.
 *
 * @throws {CreateError} `invalid_csv` for a quote that is not closed
 */
export function readCsv(written: string): Row[] {
  const text = written.replace(/^\uFEFF/, "");
  const separator = separatorOf(text);
  const rows: Row[] = [];
  let [cells, cell, line, start]: [string[], string, number, number] = [[], "", 1, 1];
  let quotedSince: number | null = null;
  const endRow = () => {
    cells.push(cell.trim());
    if (cells.some((each) => each !== "")) rows.push({ line: start, cells });
    [cells, cell] = [[], ""];
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "\n") line += 1;
    if (quotedSince !== null) {
      if (character !== '"') cell += character;
      else if (text.charAt(at + 1) === '"') {
        cell += '"';
        at += 1;
      } else quotedSince = null;
    } else if (character === '"' && cell.trim() === "") {
      [cell, quotedSince] = ["", line];
    } else if (character === separator) {
      cells.push(cell.trim());
      cell = "";
    } else if (character === "\n") {
      endRow();
      start = line;
    } else if (character !== "\r") cell += character;
  }
  if (quotedSince !== null)
    throw new CreateError(
      "invalid_csv",
      `line ${quotedSince}: a quote is not closed. Add " at the end of the value.`,
    );
  endRow();
  return rows;
}
