import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runLongshore, temporaryFolder, type ProgramResult } from '@longshore/testkit';

const root = join(import.meta.dirname, '../..');

/** A document, and the example with which its readers try what it shows. */
export class DocumentedExample {
  private constructor(
    readonly text: string,
    private readonly folder: string,
  ) {}

  /** Reads `docs/NAME`, and copies `examples/FOLDER` for the commands to work on. */
  static async prepare(name: string, folder: string): Promise<DocumentedExample> {
    const copy = temporaryFolder('example');
    await cp(join(root, 'examples', folder), copy, { recursive: true });
    return new DocumentedExample(await readFile(join(root, 'docs', name), 'utf8'), copy);
  }

  /** Each `$ longshore COMMAND` of a block with what stands below it. */
  shownRuns(): [command: string, output: string][] {
    const blocks = [...this.text.matchAll(/^```console\n\$ longshore (.*)\n([^]*?)^```$/gm)];
    return blocks.map(([, command = '', output = '']) => [command, output]);
  }

  /** Runs a command in the copy of the example. */
  run(command: string): Promise<ProgramResult> {
    return runLongshore(command.split(' '), { cwd: this.folder, mayFail: true });
  }
}
