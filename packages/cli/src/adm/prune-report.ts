import type { KeepReason, PrunePlan, PruneStep, PruneSummary } from '@longshore/images';
import { CliError } from '../cli-error.js';
import type { PruneImagesOptions } from './prune-options.js';
import { describeInvalid, describeStep, describeSummary, DRY_RUN_NOTICE } from './prune-output.js';

/** From here on, `oc` tells why it keeps things. */
const REASONS_LEVEL = 4;

/** Prints what a run does: results to standard output, all else to standard error. */
export class PruneReport {
  constructor(
    private readonly options: Pick<PruneImagesOptions, 'confirm' | 'ignoreInvalidRefs' | 'json' | 'loglevel'>,
    private readonly out: (text: string) => void = (text) => void process.stdout.write(text),
    private readonly err: (text: string) => void = (text) => void process.stderr.write(text),
  ) {
    if (!options.confirm) this.err(`${DRY_RUN_NOTICE}\n`);
  }

  /** Errors: CliError for references that are not to be passed over. */
  invalid(references: readonly string[]): void {
    if (references.length === 0) return;
    if (this.options.ignoreInvalidRefs) {
      for (const reference of references) this.warning(`ignored: ${reference}`);
      return;
    }
    this.err(describeInvalid(references));
    throw new CliError('failed to build graph - no changes made');
  }

  reasons(plan: PrunePlan): void {
    if (this.options.loglevel < REASONS_LEVEL) return;
    const counts = new Map<KeepReason, number>();
    const count = (reason: KeepReason) => counts.set(reason, (counts.get(reason) ?? 0) + 1);
    for (const history of plan.graph.histories()) plan.judge(history, count);
    for (const [reason, number] of counts) this.err(`Keeping ${number} image stream tag item(s): ${reason}\n`);
  }

  step(step: PruneStep): void {
    this.out(`${this.options.json ? JSON.stringify(step) : describeStep(step)}\n`);
  }

  kept(what: string): void {
    this.warning(`${what} may be in use by a push, and stays until a later run`);
  }

  failure(what: string, error: unknown): void {
    this.err(`error: ${what}: ${error instanceof Error ? error.message : String(error)}\n`);
  }

  warning(text: string): void {
    this.err(`warning: ${text}\n`);
  }

  summary(summary: PruneSummary): void {
    this.out(
      `${this.options.json ? JSON.stringify({ kind: 'summary', dryRun: !this.options.confirm, ...summary }) : describeSummary(summary)}\n`,
    );
  }
}
