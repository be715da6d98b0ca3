import type { CopyEvent, CopyPlan } from '@longshore/distribution';
import { binarySize, byteRate, planText, shortDuration } from '@longshore/mirror';
import { CopySummary } from './copy-summary.js';

const LINE_EVERY_MS = 5000;
const REDRAW_EVERY_MS = 200;
const CLEAR_LINE = '\r\u001b[K';

export interface ReportOptions {
  dryRun?: boolean;
  json?: boolean;
}

type Stream = Pick<NodeJS.WriteStream, 'write'> & { isTTY?: boolean };

/**
 * Shows how a mirroring goes (mirror.md 2.5, 2.6): the plan and events on standard error, each manifest that was written on
 * standard output; the bytes so far on a line of its own on a terminal, else now and then; in the end what each destination got. With `json` each event is a line of
 * JSON on standard output, and nothing else is printed.
 */
export class MirrorReport {
  readonly #options: ReportOptions;
  readonly #out: Stream;
  readonly #err: Stream;
  readonly #now: () => number;
  readonly #begun: number;
  readonly #summary = new CopySummary();
  #total = 0;
  #done = 0;
  #copyingSince: number;
  #shownAt: number;
  #isDrawn = false;

  constructor(
    options: ReportOptions,
    streams: { out: Stream; err: Stream } = { out: process.stdout, err: process.stderr },
    now: () => number = () => performance.now(),
  ) {
    this.#options = options;
    this.#out = streams.out;
    this.#err = streams.err;
    this.#now = now;
    this.#begun = now();
    this.#copyingSince = this.#begun;
    this.#shownAt = this.#begun;
  }

  plan(plan: CopyPlan): void {
    this.#total = plan.writeBytes;
    const milliseconds = this.#now() - this.#begun;
    if (this.#options.json === true) return this.#print(planEvent(plan));
    const text = planText(plan);
    if (text !== '') this.#tell(`${text}\n`);
    this.#tell(`info: Planning completed in ${shortDuration(milliseconds)}\n`);
    this.#copyingSince = this.#now();
    this.#shownAt = this.#copyingSince;
  }

  event(event: CopyEvent): void {
    this.#summary.add(event);
    if (event.type === 'bytes') this.#done += event.count;
    else if (this.#options.json === true) this.#print({ ...event, target: event.target.name });
    else if (event.type === 'pushed') {
      const { digest, target, tag } = event;
      this.#clear();
      this.#out.write(`${digest} ${target.name}${tag === undefined ? '' : `:${tag}`}\n`);
    } else this.#tell(`${event.type}: ${event.target.name} ${event.digest} ${binarySize(event.size)}\n`);
    this.#progress();
  }

  note(note: string): void {
    if (this.#options.json === true) this.#print({ type: 'note', note });
    else this.#tell(`${note}\n`);
  }

  error(message: string): void {
    if (this.#options.json === true) this.#print({ type: 'error', message });
    else this.#tell(`error: ${message}\n`);
  }

  done(): void {
    const milliseconds = this.#now() - this.#copyingSince;
    const isDry = this.#options.dryRun === true;
    if (this.#options.json === true)
      return this.#print({
        type: 'done',
        dryRun: isDry,
        bytes: this.#done,
        seconds: milliseconds / 1000,
        destinations: this.#summary.destinations(),
      });
    if (isDry) return this.#tell('info: Dry run complete\n');
    const rate = byteRate(this.#done, milliseconds / 1000);
    this.#tell(`${this.#summary.text()}info: Mirroring completed in ${shortDuration(milliseconds)} (${rate})\n`);
  }

  /** What the user wanted to know in the end, on standard output. */
  result(text: string, event: object): void {
    this.#clear();
    if (this.#options.json === true) this.#print(event);
    else this.#out.write(text);
  }

  /** Files beside the images; a dry run only tells of them. */
  wrote(what: string, paths: readonly string[]): void {
    for (const path of paths) {
      const isDry = this.#options.dryRun === true;
      if (this.#options.json === true) this.#print({ type: 'file', what, path, dryRun: isDry });
      else this.#tell(isDry ? `info: Write ${what} ${path}\n` : `info: Wrote ${what} ${path}\n`);
    }
  }

  close(): void {
    this.#clear();
  }

  #progress(): void {
    const now = this.#now();
    const isTerminal = this.#err.isTTY === true && this.#options.json !== true;
    if (this.#total === 0 || now - this.#shownAt < (isTerminal ? REDRAW_EVERY_MS : LINE_EVERY_MS)) return;
    this.#shownAt = now;
    const seconds = (now - this.#copyingSince) / 1000;
    const left = this.#done > 0 ? (seconds / this.#done) * Math.max(this.#total - this.#done, 0) : undefined;
    if (this.#options.json === true) {
      this.#print({ type: 'progress', bytes: this.#done, total: this.#total, secondsLeft: left });
      return;
    }
    const share = Math.floor((100 * this.#done) / this.#total);
    const sizes = `${binarySize(this.#done)} of ${binarySize(this.#total)} (${share}%)`;
    const line = `${sizes}, ${byteRate(this.#done, seconds)}${left === undefined ? '' : `, ${shortDuration(left * 1000)} left`}`;
    this.#err.write(isTerminal ? `${CLEAR_LINE}${line}` : `info: ${line}\n`);
    this.#isDrawn = isTerminal;
  }

  #tell(text: string): void {
    this.#clear();
    this.#err.write(text);
  }

  #print(event: object): void {
    this.#out.write(`${JSON.stringify(event)}\n`);
  }

  #clear(): void {
    if (this.#isDrawn) this.#err.write(CLEAR_LINE);
    this.#isDrawn = false;
  }
}

function planEvent({ repositories, readBytes, writeBytes }: CopyPlan): object {
  return {
    type: 'plan',
    readBytes,
    writeBytes,
    repositories: repositories.map(({ target, blobs, mounts, manifests }) => ({
      target: target.name,
      blobs,
      mounts,
      manifests: manifests.map(({ tree, tags }) => ({ digest: tree.manifest.digest, tags })),
    })),
  };
}
