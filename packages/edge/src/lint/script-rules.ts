import type { LintSet } from './lint-set.js';
import type { Reporter } from './reporter.js';

/** EL019, EL029: what loader scripts in a configuration, or in files of their own, do carelessly. */
export function scriptRules({ configs, texts }: LintSet, report: Reporter): void {
  for (const { document, view } of configs) {
    for (const { path, text, source, node } of view.files) {
      if (text === undefined || !/^#!.*sh\b/.test(text)) continue;
      for (const { rule, message } of problemsOf(text))
        report.node(rule, document, source ?? node, `${path}: ${message}`);
    }
  }
  for (const { source, kind } of texts) {
    if (kind !== 'script') continue;
    for (const { rule, message, index } of problemsOf(source.text)) {
      report.text(rule, source, { start: index, end: index + 1 }, message);
    }
  }
}

interface ScriptProblem {
  rule: 'EL019' | 'EL029';
  message: string;
  index: number;
}

/** What is wrong with a shell script; all that hides failures or fills the disk is one finding. */
function problemsOf(script: string): ScriptProblem[] {
  const careless = [freesNothing, losesLastLine, hidesFailures, usesBeforeSet].flatMap((look) => look(script) ?? []);
  // Each but the first alone is common in good scripts.
  const isLoader = /\b(skopeo|podman)\b/.test(script);
  const problems: ScriptProblem[] = [];
  const first = careless[0];
  if (first !== undefined && isLoader && (careless.length > 1 || freesNothing(script) !== undefined)) {
    const message = `the script ${careless.map((one) => one.message).join('; ')}`;
    problems.push({ rule: 'EL019', message, index: first.index });
  }
  const cut = /\bs([/|])(?::|\\:)\.\*\1\1|%%:\*\}|\bcut +-d *['"]?:['"]? +-f *1\b/.exec(script);
  if (cut !== null && isLoader) {
    const message = `everything behind the first colon of an image reference is cut off, also behind that of a port or a digest; compare whole references`;
    problems.push({ rule: 'EL029', message, index: cut.index });
  }
  return problems;
}

type Problem = { message: string; index: number } | undefined;

/** Archives `X.tgz` are unpacked, but `X.gz` is removed. */
function freesNothing(script: string): Problem {
  const unpacked = firstPlaces(script, /(\$\{?\w+\}?)\.tgz/g);
  for (const { 0: removed, 1: name = '', index } of script.matchAll(/\brm +-\w+ +["']?(\$\{?\w+\}?)\.gz\b/g)) {
    if (!unpacked.has(name)) continue;
    return {
      message: `unpacks ${name}.tgz but removes ${removed.slice(removed.indexOf('$'))}, so that the archives fill the partition`,
      index,
    };
  }
  return undefined;
}

/** `read` fails on a last line without line feed, and the loop ends before it. */
function losesLastLine(script: string): Problem {
  const loop = /\bwhile +(?:IFS=\S* +)?read\b[^\n;|&]{0,200}[;\n]/.exec(script);
  return loop === null
    ? undefined
    : { message: 'drops a last line of its list that has no line feed', index: loop.index };
}

/** The script ends with success whatever happened in it. */
function hidesFailures(script: string): Problem {
  const end = /(^|\n)exit 0\s*$/.exec(script);
  if (end === null || /\bset -\w*e|\bexit [1-9]/.test(script)) return undefined;
  return { message: 'ends with success whatever failed', index: end.index };
}

/** A name is used in a line before the one that first sets it. */
function usesBeforeSet(script: string): Problem {
  const code = script.replaceAll(/(^|\n)[ \t]*#[^\n]*/g, (comment) => comment.replaceAll(/[^\n]/g, ' '));
  const uses = firstPlaces(code, /\$\{?(\w+)/g);
  const settings = firstPlaces(code, /\b(\w+)=/g);
  for (const { 1: name = '', index } of code.matchAll(/^[ \t]*([a-z_]\w*)=/gm)) {
    const use = uses.get(name);
    if (use === undefined || use > (settings.get(name) ?? index)) continue;
    return { message: `uses $${name} before it is set`, index: use };
  }
  return undefined;
}

/** Where each text that the group of a pattern matches is first matched. */
function firstPlaces(script: string, pattern: RegExp): Map<string, number> {
  const places = new Map<string, number>();
  for (const { 1: text = '', index } of script.matchAll(pattern)) {
    if (!places.has(text)) places.set(text, index);
  }
  return places;
}
