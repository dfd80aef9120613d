import { Expression } from "./expression.ts";

/** A text with expressions in braces, such as `/sites/{site.id}/devices`. Two braces are one: `{{` is a brace. */
export class Template {
  readonly source: string;
  /** The literal texts and the expressions between them, in order. */
  readonly parts: readonly (string | Expression)[];

  constructor(source: string) {
    this.source = source;
    this.parts = splitTemplate(source);
  }
}

function splitTemplate(source: string): (string | Expression)[] {
  const parts: (string | Expression)[] = [];
  let literal = "";
  for (const [, brace, expression, other = ""] of source.matchAll(/(\{\{|\}\})|\{([^{}]*)\}|([\s\S])/g)) {
    if (expression === undefined) {
      literal += brace === undefined ? other : brace.slice(1);
      continue;
    }
    if (literal !== "") parts.push(literal);
    literal = "";
    parts.push(new Expression(expression));
  }
  return literal === "" ? parts : [...parts, literal];
}
