/** Whether a decimal mode is one that was meant as octal: unreasonable as it is, reasonable when read so (edge.md 1.7). */
export function isMistakenMode(mode: number): boolean {
  if (!/^[0-7]{1,4}$/.test(String(mode))) return false;
  return isReasonable(octalOf(mode)) && !isReasonable(mode);
}

/** A number's digits read as octal: 755 -> 493. */
export function octalOf(mode: number): number {
  return parseInt(String(mode), 8);
}

/** Somebody may read, nobody may write or run what they cannot read, and nobody may more than the group, or it than the owner. */
function isReasonable(mode: number): boolean {
  if (mode === 0) return true;
  if (mode < 0 || mode > 0o777) return false;
  const parts = [(mode >> 6) & 7, (mode >> 3) & 7, mode & 7];
  if (!parts.every((part) => part === 0 || (part & 4) !== 0)) return false;
  const [user = 0, group = 0, other = 0] = parts;
  return (user & group) === group && (group & other) === other;
}
