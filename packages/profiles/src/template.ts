import { Expression, type Variables } from "./expression.ts";

/** A text with expressions in braces, such as `/sites/{site.id}/devices`. `{{` and `}}` are braces. */
export class Template {
  readonly source: string;
  /** The literal texts and the expressions between them, in order. */
  readonly parts: readonly (string | Expression)[];

  constructor(source: string) {
    this.source = source;
    this.parts = splitTemplate(source);
  }

  /**
   * Fills in the expressions.
   *
   * @param encode what is done with each value, such as percent-encoding. Default: nothing
   * @returns `undefined` if a value is missing, null, or no text, number or boolean
   * @throws ExpressionError
   */
  render(variables: Variables, encode: (value: string) => string = (value) => value): string | undefined {
    let text = "";
    for (const part of this.parts) {
      const value = typeof part === "string" ? part : part.evaluate(variables);
      if (value === undefined || value === null || typeof value === "object") return undefined;
      text += typeof part === "string" ? part : encode(String(value));
    }
    return text;
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

/** A JSON body whose texts are templates. A text that is one expression and nothing else becomes its value, of any type. */
export type JsonTemplate =
  | Template
  | number
  | boolean
  | null
  | readonly JsonTemplate[]
  | { readonly [member: string]: JsonTemplate };

/**
 * Fills in the expressions of a JSON body. A member whose value is missing is left out.
 *
 * @throws ExpressionError
 */
export function renderJson(body: JsonTemplate, variables: Variables): unknown {
  if (body instanceof Template) {
    const [only] = body.parts;
    return body.parts.length === 1 && only instanceof Expression
      ? only.evaluate(variables)
      : body.render(variables);
  }
  if (typeof body !== "object" || body === null) return body;
  if (Array.isArray(body)) return body.map((each) => renderJson(each, variables));
  const members = Object.entries(body).map(([key, member]) => [key, renderJson(member, variables)] as const);
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}
