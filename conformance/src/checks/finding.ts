/** One way in which the evidence breaks a requirement, said so that the vendor's engineer can mend it. */
export interface Failure {
  /** Id of the exchange or delivery that shows it. */
  readonly at: string;
  /** Where in it: a JSON pointer into the body, or a header's name. */
  readonly where?: string;
  readonly expected: string;
  readonly actual: string;
  /** What to change, or the likely cause: whoever reads it need not open the contract. */
  readonly hint: string;
}

/** What a check found. There is no pass without evidence to cite. */
export type Finding =
  | {
      readonly outcome: "pass";
      readonly cites: readonly [string, ...string[]];
      /** A part of the requirement that the evidence does not show, and why; absent where it shows all of it. */
      readonly unseen?: string;
    }
  | {
      readonly outcome: "fail";
      readonly failures: readonly [Failure, ...Failure[]];
      /** How many things of a kind were judged, those that failed among them; `null` where they are of several kinds. */
      readonly judged: number | null;
    }
  | { readonly outcome: "could-not-run"; readonly reason: string }
  /** The manifest says that the requirement does not concern this vendor. */
  | { readonly outcome: "not-applicable"; readonly reason: string };

/** Something to be judged, with the evidence it comes from. */
export interface Subject {
  readonly at: string;
}

/**
 * Judges every subject alike.
 *
 * @param subjects what to judge; none of them is not a pass but `could-not-run`
 * @param none why there may be none, for the person who reads the report
 * @param find what is wrong with one, or `null` where nothing is
 */
export function judgeEach<T extends Subject>(
  subjects: readonly T[],
  none: string,
  find: (subject: T) => Omit<Failure, "at"> | null,
): Finding {
  const [first, ...rest] = [...new Set(subjects.map(({ at }) => at))];
  if (first === undefined) return { outcome: "could-not-run", reason: none };
  const [failure, ...others] = subjects.flatMap((subject) => {
    const found = find(subject);
    return found ? [{ at: subject.at, ...found }] : [];
  });
  if (failure) return { outcome: "fail", failures: [failure, ...others], judged: subjects.length };
  return { outcome: "pass", cites: [first, ...rest] };
}

/** Judges things of several kinds, each in its own way: there, how many failed says nothing. */
export function judgeMixed(
  subjects: readonly (Subject & { readonly find: () => Omit<Failure, "at"> | null })[],
  none: string,
): Finding {
  const finding = judgeEach(subjects, none, ({ find }) => find());
  return finding.outcome === "fail" ? { ...finding, judged: null } : finding;
}

/** Shows a value in a report: short, and never `undefined`. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 157)}…` : text;
}
