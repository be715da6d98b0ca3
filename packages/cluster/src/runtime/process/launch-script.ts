import { posix } from 'node:path';
import type { RootStep } from './root-plan.js';

export interface Launch {
  /** The words to run. */
  command: readonly string[];
  workingDir: string;
  /** Files of control groups (`cgroup.procs`) that the container joins. */
  controlGroups: readonly string[];
  /** Seconds from SIGTERM to SIGKILL when the cluster dies. */
  graceSeconds: number;
  /** A root folder of its own: where it is made, and of what. */
  root?: { path: string; steps: readonly RootStep[] };
}

/**
 * The shell script that starts a container: makes its root folder in the mount namespace in which it runs, watches for the
 * end of the cluster, and becomes the container. File descriptor 3 is the cluster's: it closes when that dies, however it
 * does. The process group is then ended, so that no container outlives its cluster (Node has no `PR_SET_PDEATHSIG`).
 */
export function launchScript({ command, workingDir, controlGroups, graceSeconds, root }: Launch): string {
  const words = command.map(quoteWord).join(' ');
  const start = `exec ${words}`;
  const inside = `cd ${quoteWord(workingDir)} && ${start}`;
  return [
    'set -e',
    ...controlGroups.map((file) => `echo $$ >${quoteWord(file)}`),
    ...(root === undefined ? [] : rootCommands(root.path, root.steps)),
    `(trap '' TERM INT HUP; read -r _ || true; kill -TERM -$$; sleep ${graceSeconds}; kill -KILL -$$) <&3 >/dev/null 2>&1 &`,
    'exec 3<&-',
    root === undefined ? inside : `exec chroot ${quoteWord(root.path)} /bin/sh -c ${quoteWord(inside)}`,
    '',
  ].join('\n');
}

/** So many words go into one command. */
const MAX_WORDS = 500;

function rootCommands(root: string, steps: readonly RootStep[]): string[] {
  const at = ({ path }: RootStep) => quoteWord(posix.join(root, path));
  const folders = steps.filter((step) => step.do === 'folder').map(at);
  const links = steps.flatMap((step) => (step.do === 'link' ? [`ln -s ${quoteWord(step.to)} ${at(step)}`] : []));
  const binds = steps.filter((step) => step.do === 'bind');
  return [
    `mount -t tmpfs -o mode=0755 longshore ${quoteWord(root)}`,
    ...makeFolders(folders),
    ...links,
    ...layers(binds).flatMap((layer) => bindCommands(root, layer)),
    // At last, as a mount may have its place within another.
    ...binds.filter(({ readOnly }) => readOnly).map((step) => `mount -o remount,bind,ro ${at(step)}`),
  ];
}

type Bind = RootStep & { do: 'bind' };

/** What is bound within something else that is bound comes in a later layer. */
function layers(binds: readonly Bind[]): Bind[][] {
  const depths = new Map<string, number>();
  const result: Bind[][] = [];
  for (const bind of binds) {
    const above = ancestors(bind.path).map((path) => depths.get(path) ?? -1);
    const depth = Math.max(-1, ...above) + 1;
    depths.set(bind.path, depth);
    (result[depth] ??= []).push(bind);
  }
  return result;
}

function ancestors(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === path ? [] : [parent, ...ancestors(parent)];
}

/**
 * All at once, by a table of mounts (fstab(5)): a machine may have some hundred entries beside the place of a mount. What the
 * machine itself has may be gone meanwhile.
 */
function bindCommands(root: string, binds: readonly Bind[]): string[] {
  const table = quoteWord(posix.join(root, '.mounts'));
  const places = binds.map(({ path, ...bind }) => {
    const how = bind.source === path ? 'rbind,nofail' : 'rbind';
    return { ...bind, path: posix.join(root, path), how };
  });
  return [
    ...makeFolders(places.filter(({ isFolder }) => isFolder).map(({ path }) => quoteWord(path))),
    ...places
      .filter(({ isFolder }) => !isFolder)
      .map(({ path }) => `[ -e ${quoteWord(path)} ] || : >${quoteWord(path)}`),
    `cat >${table} <<'END'`,
    ...places.map(({ source, path, how }) => `${quoteField(source)} ${quoteField(path)} none ${how} 0 0`),
    'END',
    `mount --all --fstab ${table}`,
    `rm ${table}`,
  ];
}

function makeFolders(words: readonly string[]): string[] {
  const commands: string[] = [];
  for (let at = 0; at < words.length; at += MAX_WORDS) {
    commands.push(`mkdir -p ${words.slice(at, at + MAX_WORDS).join(' ')}`);
  }
  return commands;
}

/** A field of fstab(5): blanks, which end it, and backslashes are written as octal numbers. */
function quoteField(text: string): string {
  return text.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** A word as the shell takes it literally. */
export function quoteWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
