/** Whether a site does what its plan says: `unseen` when nobody has collected what would tell. */
export type CheckStatus = 'fits' | 'differs' | 'unseen';

/** One line of the verification (edge.md 5). */
export interface Check {
  /** V1 to V11. */
  id: string;
  /** What is looked at. */
  what: string;
  status: CheckStatus;
  expected: string;
  found: string;
  /** Checks without which a site can still be called good: they need a push by hand. */
  optional?: true;
}

/** A check's outcome from what was found: `undefined` when it was not collected, a list of what is wrong otherwise. */
export function outcome(
  id: string,
  what: string,
  expected: string,
  found: { text: string; wrong: string[] } | undefined,
): Check {
  if (found === undefined) return { id, what, status: 'unseen', expected, found: 'not collected' };
  if (found.wrong.length === 0) return { id, what, status: 'fits', expected, found: found.text };
  return { id, what, status: 'differs', expected, found: found.wrong.join('; ') };
}
