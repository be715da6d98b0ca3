/**
 * True when a mode was probably meant as octal but written without the leading zero: its digits read as octal are a usual
 * mode, while the number itself is none (edge.md 1.7). `mode: 644` is the usual case.
 */
export function looksDecimal(mode: number, directory: boolean): boolean {
  const digits = String(mode);
  if (!/^[0-7]{1,4}$/.test(digits)) return false;
  return !isUsualMode(mode, directory) && isUsualMode(Number.parseInt(digits, 8), directory);
}

const READ = 4;
const WRITE = 2;
const EXECUTE = 1;

/** Usual: somebody may read, each may do at least what the less specific may, nobody may write or execute unread. */
function isUsualMode(mode: number, directory: boolean): boolean {
  if (mode === 0) return true;
  const user = (mode >> 6) & 7;
  const group = (mode >> 3) & 7;
  const other = mode & 7;
  if ((user | group | other) !== user || (group | other) !== group) return false;
  if ([user, group, other].some((bits) => bits !== 0 && (bits & READ) === 0)) return false;
  if (readsWithoutExecute(group, user) || readsWithoutExecute(other, group)) return false;
  if ((user & READ) === 0) return false;
  return directory ? isUsualDirectory(mode, user) : isUsualFile(mode, user, other);
}

/** `rwxr-----` is unusual: who may read what others execute should execute it too. */
function readsWithoutExecute(less: number, more: number): boolean {
  return (more & EXECUTE) !== 0 && (less & READ) !== 0 && (less & EXECUTE) === 0;
}

function isUsualDirectory(mode: number, user: number): boolean {
  const shared = (mode & 0o3000) !== 0;
  return (user & EXECUTE) !== 0 && (mode & 0o4000) === 0 && (!shared || (user & WRITE) !== 0);
}

function isUsualFile(mode: number, user: number, other: number): boolean {
  const special = (mode & 0o6000) !== 0;
  if (special && ((user & EXECUTE) === 0 || (other & WRITE) !== 0)) return false;
  return (mode & 0o1000) === 0;
}
