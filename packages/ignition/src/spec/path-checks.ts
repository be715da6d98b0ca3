import { posix } from 'node:path';
import type { Path } from '../source/diagnostic.js';
import type { Report } from '../source/report.js';

/** What is wrong with a path on the machine, if anything. */
function pathProblem(path: string): 'path-missing' | 'path-relative' | 'path-dirty' | undefined {
  if (path === '') return 'path-missing';
  if (!path.startsWith('/')) return 'path-relative';
  return cleanPath(path) === path ? undefined : 'path-dirty';
}

/** Reports a path that is empty, relative or not simplified. */
export function checkPath(path: string, place: Path, report: Report): void {
  const problem = pathProblem(path);
  if (problem) report.error(place, problem);
}

/** The shortest equal path, without a slash at its end. */
export function cleanPath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}
