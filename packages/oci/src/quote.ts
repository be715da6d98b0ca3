const LONGEST = 120;

/** Untrusted text made fit for an error message: quoted, control characters escaped, cut after 120 characters. */
export function quote(text: string): string {
  return text.length > LONGEST ? `${JSON.stringify(text.slice(0, LONGEST))}…` : JSON.stringify(text);
}
