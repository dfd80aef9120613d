/** What is no URL may be one without its scheme, with a password or a key in it all the same. */
const withoutCredentials = (text: string) => text.replace(/^.*@/, "…@").replace(/\?.*$/, "?…");

/**
 * What is wrong with a URL that is called, as a sentence without its subject; `null` where nothing is.
 *
 * @param query whether it may have one; what paths are appended to may not
 */
export function faultOfUrl(text: string, { query = false } = {}): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  // Before its text is repeated: what holds a credential is not to be shown.
  if (url?.username || url?.password) return "takes no credential; give it with --api-key.";
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    return `takes an http or https URL, such as https://api.vendor.example; got ${JSON.stringify(withoutCredentials(text))}.`;
  }
  return !query && (url.search || url.hash) ? "takes a URL without a query or a fragment." : null;
}
