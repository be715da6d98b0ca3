import type { StorageDriver } from '@longshore/storage';
import { hookedDriver } from './hooked-driver.js';

/** What one of several processes does. Each call of its `driver`, and each `pause`, is one step. */
export type Actor = (driver: StorageDriver, pause: () => Promise<void>) => Promise<unknown>;

/** A storage and the actors that work on it at once. */
export interface Play {
  driver: StorageDriver;
  actors: Record<string, Actor>;
}

/** How a play went. */
export interface Outcome {
  /** What each actor resolved with; absent when it was killed. */
  results: Record<string, unknown>;
  /** The steps in their order, for the message of a failed check. */
  trace: string[];
}

/**
 * Plays in every order of steps that the actors can take. An actor in a `pause` goes on only when another has taken a
 * step since, or no other can: else it could go round forever. Resolves with the number of plays.
 */
export async function playAll(
  setUp: () => Promise<Play>,
  check: (outcome: Outcome, play: Play) => void | Promise<void>,
  kill?: Kill,
): Promise<number> {
  let plays = 0;
  for (let schedule: number[] | undefined = []; schedule; plays++) {
    const { options, ...outcome } = await checked(await setUp(), schedule, check, kill);
    schedule = following(
      outcome.trace.map((_, step) => schedule?.[step] ?? 0),
      options,
    );
  }
  return plays;
}

/** An actor that is killed instead of taking its step number `step`, counted from 0. */
export interface Kill {
  actor: string;
  step: number;
}

/** Plays once. `schedule` says which of the actors that can go on takes each step, modulo their number; 0 behind its end. */
export async function play({ driver, actors }: Play, schedule: readonly number[], kill?: Kill) {
  const stage = new Stage(kill);
  const results: Record<string, unknown> = {};
  const ends = Object.entries(actors).map(([name, actor]) => stage.run(name, actor, driver, results));
  const options = await stage.direct(schedule);
  stage.rethrow();
  void ends;
  return { results, trace: stage.trace, options };
}

async function checked(
  scene: Play,
  schedule: readonly number[],
  check: (outcome: Outcome, play: Play) => void | Promise<void>,
  kill?: Kill,
) {
  const outcome = await play(scene, schedule, kill);
  try {
    await check(outcome, scene);
  } catch (error) {
    throw new Error(`in this order:\n${outcome.trace.join('\n')}`, { cause: error });
  }
  return outcome;
}

/** The schedule after `taken` in lexicographic order, given how many options each step had. */
function following(taken: readonly number[], options: readonly number[]): number[] | undefined {
  const last = taken.findLastIndex((choice, step) => choice + 1 < (options[step] ?? 0));
  return last < 0 ? undefined : [...taken.slice(0, last), (taken[last] ?? 0) + 1];
}

interface Waiting {
  label: string;
  /** Number of steps on stage when it began to wait. */
  since: number;
  paused: boolean;
  go: () => void;
}

class Stage {
  readonly trace: string[] = [];
  private readonly waiting = new Map<string, Waiting>();
  private readonly steps = new Map<string, number>();
  private running = 0;
  private failure: { error: unknown } | undefined;
  private settled: (() => void) | undefined;

  constructor(private readonly kill: Kill | undefined) {}

  async run(name: string, actor: Actor, driver: StorageDriver, results: Record<string, unknown>): Promise<void> {
    this.running++;
    const step = (label: string, paused = false) => this.step(name, label, paused);
    try {
      const stepped = hookedDriver(driver, (call) =>
        step([call.name, call.path, call.target].filter(Boolean).join(' ')),
      );
      results[name] = await actor(stepped, () => step('pause', true));
    } catch (error) {
      this.failure ??= { error };
    }
    this.left();
  }

  /** Lets the actors take their steps until none is left. Resolves with the number of options that each step had. */
  async direct(schedule: readonly number[]): Promise<number[]> {
    const options: number[] = [];
    for (;;) {
      while (this.running > 0) await new Promise<void>((resolve) => (this.settled = resolve));
      const able = this.able();
      const choice = able[(schedule[this.trace.length] ?? 0) % Math.max(1, able.length)];
      if (!choice) return options;
      options.push(able.length);
      const [name, { label, go }] = choice;
      this.waiting.delete(name);
      this.trace.push(`${name}: ${label}`);
      this.running++;
      go();
    }
  }

  rethrow(): void {
    if (this.failure)
      throw new Error(`an actor failed after:\n${this.trace.join('\n')}`, { cause: this.failure.error });
  }

  private able(): [string, Waiting][] {
    const all = [...this.waiting].sort(([a], [b]) => (a < b ? -1 : 1));
    const active = all.filter(([, { paused, since }]) => !paused || since < this.trace.length);
    return active.length > 0 ? active : all;
  }

  private step(name: string, label: string, paused: boolean): Promise<void> {
    const number = this.steps.get(name) ?? 0;
    this.steps.set(name, number + 1);
    return new Promise((resolve) => {
      const killed = this.kill?.actor === name && this.kill.step === number;
      if (!killed) this.waiting.set(name, { label, paused, since: this.trace.length, go: resolve });
      this.left();
    });
  }

  private left(): void {
    this.running--;
    if (this.running === 0) this.settled?.();
  }
}
