import { parseJsonTree } from '../diagnostics/json-tree.js';
import { valueOf } from '../diagnostics/tree.js';
import { PlanError } from './plan-error.js';

/** Flags that the install service lets through (edge.md 3.3). */
export const INSTALLER_FLAGS = [
  '--append-karg',
  '--delete-karg',
  '-n',
  '--copy-network',
  '--network-dir',
  '--save-partlabel',
  '--save-partindex',
  '--image-url',
  '--image-file',
];

/** Whether the install service lets a word that begins with a dash through; flags may have their value behind `=`. */
export function isInstallerFlag(word: string): boolean {
  return INSTALLER_FLAGS.includes(word.split('=')[0] ?? '');
}

/** Whether a word has only characters that the install service lets through. */
export function isInstallerWord(word: string): boolean {
  return /^[A-Za-z0-9@!#$%*()_+\-=/.,";':{}[\]]+$/.test(word);
}

/** Whether a glob of `--save-partlabel` covers a label; one value may hold several globs, apart by commas (precache.md 11). */
export function coversLabel(globs: string, label: string): boolean {
  return globs.split(',').some((glob) => matchesGlob(glob, label));
}

/** `*` stands for any text, `?` for one character; in time linear in the product of both lengths. */
function matchesGlob(glob: string, text: string): boolean {
  let reach = new Set([0]);
  for (const char of glob) {
    const next = new Set<number>();
    for (const at of reach) {
      if (char === '*') for (let to = at; to <= text.length; to++) next.add(to);
      else if (at < text.length && (char === '?' || char === text[at])) next.add(at + 1);
    }
    reach = next;
  }
  return reach.has(text.length);
}

/** The globs that installer arguments save: `--save-partlabel data`, also as `--save-partlabel=data`. */
export function savedLabelGlobs(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    if (arg === '--save-partlabel') return args[index + 1] ?? [];
    return arg.startsWith('--save-partlabel=') ? arg.slice('--save-partlabel='.length) : [];
  });
}

/**
 * Installer arguments (a JSON list in a string, as SiteConfig has them) that also save the given labels.
 * @throws PlanError when the present text is no JSON list of strings
 */
export function withSavedLabels(present: string | undefined, labels: readonly string[]): string {
  const args = present === undefined || present.trim() === '' ? [] : parseInstallerArgs(present);
  if (args === undefined) {
    throw new PlanError(`installerArgs is no JSON list of strings such as ["--save-partlabel","data"]: ${present}`);
  }
  const globs = savedLabelGlobs(args);
  const missing = labels.filter((label) => !globs.some((glob) => coversLabel(glob, label)));
  if (missing.length === 0 && present !== undefined) return present;
  return JSON.stringify([...args, ...missing.flatMap((label) => ['--save-partlabel', label])]);
}

/** The arguments of a JSON list of strings; undefined for other text. */
export function parseInstallerArgs(text: string): string[] | undefined {
  try {
    const value = valueOf(parseJsonTree(text));
    return Array.isArray(value) && value.every((arg) => typeof arg === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}
