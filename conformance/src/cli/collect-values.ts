/** Collects the values of a flag that may come several times. */
export const collectValues = (value: string, before: readonly string[]): readonly string[] => [
  ...before,
  value,
];
