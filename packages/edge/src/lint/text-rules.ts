import type { Span } from '../diagnostics/diagnostic.js';
import type { SourceText } from '../diagnostics/source-text.js';
import { REGISTRY } from '../plan/registry-storage.js';
import type { LintSet } from './lint-set.js';
import type { Reporter } from './reporter.js';
import { UnitNames } from './unit-names.js';

/** EL008, EL015 to EL018: instructions for people, held against what they are about. */
export function textRules(set: LintSet, report: Reporter): void {
  const classes = [
    REGISTRY.storageClass,
    ...set.templates.flatMap(({ files }) =>
      files.filter(({ fileName }) => fileName === 'StorageClass.yaml').flatMap(({ name }) => name ?? []),
    ),
  ];
  for (const { source, kind } of set.texts) {
    if (kind !== 'prose') continue;
    for (const command of commandsIn(source)) commandRules(source, command, classes, report);
    proseRules(source, set, report);
  }
}

/** A line of text behind a shell prompt. */
interface Command {
  text: string;
  start: number;
}

const PROMPT = /^\s*(?:\$|#|sh-[\d.]+[#$]|\[[^\]\n]{1,60}\][#$]) +(?=\S)/;

function commandsIn(source: SourceText): Command[] {
  const commands: Command[] = [];
  for (let line = 1; line <= source.lineCount; line++) {
    const text = source.lineText(line);
    const prompt = PROMPT.exec(text)?.[0];
    // A heading of Markdown begins like the prompt of root.
    if (prompt === undefined || (prompt.trim() === '#' && /^\s*#+ [A-Z]/.test(text))) continue;
    commands.push({ text: text.slice(prompt.length), start: source.lineStart(line) + prompt.length });
  }
  return commands;
}

function commandRules(
  source: SourceText,
  { text, start }: Command,
  classes: readonly string[],
  report: Reporter,
): void {
  const at = (index: number, length: number): Span => ({ start: start + index, end: start + index + length });
  const volume = /\b(?:oc|kubectl) +get +(?:pv|persistentvolumes?) +([\w.-]+)/.exec(text);
  const [whole = '', name = ''] = volume ?? [];
  if (volume !== null && classes.includes(name)) {
    const message = `${name} is the storage class; the volume is ${REGISTRY.volume}`;
    report.text('EL015', source, at(volume.index + whole.length - name.length, name.length), message, {
      fix: `oc get pv ${REGISTRY.volume}`,
    });
  }
  const image = /\bget +(images?\.config\.openshift\.io)\b/.exec(text);
  if (image !== null) {
    const [all, resource = ''] = image;
    const message = 'this shows which registries the cluster uses, not the state of its own registry';
    const fix = 'oc get configs.imageregistry.operator.openshift.io cluster -o yaml';
    report.text('EL016', source, at(image.index + all.length - resource.length, resource.length), message, { fix });
  }
  const open = openQuote(text);
  if (open !== undefined) {
    report.text(
      'EL017',
      source,
      at(open, text.length - open),
      `the quote ${text[open] ?? ''} is not closed; the shell waits for more`,
    );
  }
  const grep = /\bgrep +(?:-\w+ +)*([\w-]+\*)(?=\s|$)/.exec(text);
  if (grep !== null) {
    const [found, pattern = ''] = grep;
    const message = `the shell replaces ${pattern} by names of files, and for grep the star repeats the last letter`;
    report.text('EL017', source, at(grep.index + found.length - pattern.length, pattern.length), message, {
      fix: `grep ${pattern.slice(0, -1)}`,
    });
  }
}

/** Where a quote begins that the line does not end. */
function openQuote(text: string): number | undefined {
  let open: number | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '\\' && (open === undefined || text[open] === '"')) at++;
    else if (open !== undefined) open = char === text[open] ? undefined : open;
    else if (char === "'" || char === '"') open = at;
    else if (char === '#' && (at === 0 || text[at - 1] === ' ')) break;
  }
  return open;
}

function proseRules(source: SourceText, { nodes, configs }: LintSet, report: Reporter): void {
  const { text } = source;
  const mountPoint = text.indexOf('mount_point');
  if (mountPoint !== -1 && nodes.length > 0 && nodes.every(({ diskPartitions }) => diskPartitions.length === 0)) {
    const message = 'mount_point is a field of diskPartition, which no node here has; their file systems have a path';
    report.text('EL008', source, { start: mountPoint, end: mountPoint + 'mount_point'.length }, message);
  }
  const defined = new UnitNames(configs.flatMap(({ view }) => view.units.flatMap(({ name }) => name?.value ?? [])));
  const told = new Set<string>();
  for (const { 0: word, index } of text.matchAll(
    /[a-z][a-z0-9-]{2,60}\.(?:services|service|mounts|mount|sockets|socket|timers|timer)(?![\w.])/g,
  )) {
    const similar = told.has(word) ? undefined : defined.similarTo(word);
    if (similar === undefined) continue;
    told.add(word);
    report.text('EL018', source, { start: index, end: index + word.length }, `${word} is not defined; ${similar} is`, {
      fix: similar,
    });
  }
}
