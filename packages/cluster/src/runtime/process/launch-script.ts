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

function rootCommands(root: string, steps: readonly RootStep[]): string[] {
  const at = ({ path }: RootStep) => quoteWord(posix.join(root, path));
  return [
    `mount -t tmpfs -o mode=0755 longshore ${quoteWord(root)}`,
    ...steps.flatMap((step) => stepCommands(step, at(step))),
    // At last, as a mount may have its place within another.
    ...steps
      .filter((step) => step.do === 'bind' && step.readOnly)
      .map((step) => `mount -o remount,bind,ro ${at(step)}`),
  ];
}

function stepCommands(step: RootStep, path: string): string[] {
  switch (step.do) {
    case 'folder':
      return [`mkdir -p ${path}`];
    case 'link':
      return [`ln -s ${quoteWord(step.to)} ${path}`];
    case 'bind': {
      const place = step.isFolder ? `mkdir -p ${path}` : `[ -e ${path} ] || : >${path}`;
      return [place, `mount --rbind ${quoteWord(step.source)} ${path}`];
    }
  }
}

/** A word as the shell takes it literally. */
export function quoteWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
