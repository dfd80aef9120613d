/** Returns GitHub's slug of a heading, the fragment of links to its section. */
export const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .trim()
    .replace(/\s+/g, "-");
