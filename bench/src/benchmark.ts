import type { Better, Goal } from './goal.js';
import type { StorageSeed } from './content/storage-seed.js';
import type { RunningServer } from './servers/running-server.js';
import type { Workspace } from './workspace.js';

/** One row of the table. */
export interface Measure {
  /** Names the value in what `run` returns. */
  key: string;
  title: string;
  unit: string;
  better: Better;
  goal?: Goal;
  /** The goal of the TLS variant. */
  tlsGoal?: Goal;
}

/** The values of one run by `Measure.key`; undefined for what this server does not offer. */
export type Values = Record<string, number | undefined>;

export interface RunOptions {
  /** How long a request rate is measured, in seconds. */
  seconds: number;
}

/** Work that is done against a fresh server with fresh storage, once per round. */
export interface Benchmark {
  name: string;
  summary: string;
  measures: readonly Measure[];
  /** There is a TLS variant. */
  tls?: boolean;
  /** The event-loop delay is measured. */
  watchEventLoop?: boolean;
  /** Only the subject has what is measured. */
  subjectOnly?: boolean;
  /** Writes what the server shall find in its storage when it starts. */
  prepare?(storage: StorageSeed, workspace: Workspace): Promise<void>;
  run(server: RunningServer, workspace: Workspace, options: RunOptions): Promise<Values>;
}
