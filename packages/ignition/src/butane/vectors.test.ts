/** The golden vectors: what the reference transpiler printed for each config, compared byte for byte but for gzip. */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../source/diagnostic.js';
import { formatExcerpts } from '../source/excerpt.js';
import type { LocalFiles } from './local-files.js';
import { transpile } from './transpile.js';

const DIRECTORY = join(import.meta.dirname, '../../vectors/butane');
const names = readdirSync(DIRECTORY)
  .filter((name) => name.endsWith('.bu'))
  .map((name) => name.slice(0, -3));

function read(name: string): string {
  const path = join(DIRECTORY, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** The directory of `--files-dir files`. */
function filesOf(directory: string): LocalFiles {
  return {
    directory: 'files',
    read: (path) => readFileSync(join(directory, path)),
    isDirectory: (path) => statSync(join(directory, path)).isDirectory(),
    list: (path) => readdirSync(join(directory, path)),
    target: (path) => readlinkSync(join(directory, path)),
    node: (path) => {
      const stats = lstatSync(join(directory, path));
      const kind = stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? 'symlink' : 'file';
      return { kind, executable: (stats.mode & 0o111) !== 0 };
    },
  };
}

/** Deflate streams differ between implementations: what counts is what they unfold to. */
function unzipped(output: string): string {
  return output.replaceAll(
    /("compression":"gzip","source":)"data:;base64,([^"]*)"/g,
    (_, start: string, data: string) => {
      return `${start}${JSON.stringify(gunzipSync(Buffer.from(data, 'base64')).toString())}`;
    },
  );
}

/** What the command would print, by the library alone. */
function run(name: string, args: string[]): { output: string; errors: string } {
  const has = (...flags: string[]) => args.some((arg) => flags.includes(arg));
  const text = read(`${name}.bu`);
  const files = has('--files-dir') ? { files: filesOf(join(DIRECTORY, 'files')) } : {};
  const { output, report, failure } = transpile(text, { ...files, raw: has('-r', '--raw'), pretty: has('--pretty') });
  const shown = report.filter(({ stage }) => stage !== 'read' && stage !== 'decode');
  const entries = has('--raw-errors')
    ? shown.map((entry) => `${formatDiagnostic(entry)}\n`).join('')
    : formatExcerpts(shown, { file: `${name}.bu`, text });
  const strict = has('--strict') && failure === undefined && report.length > 0;
  const last = strict ? 'Config produced warnings and --strict was specified\n' : '';
  return {
    output: has('--check') || strict ? '' : (output ?? ''),
    errors: `${entries}${failure === undefined ? last : `Error translating config: ${failure}\n`}`,
  };
}

describe('the reference vectors', () => {
  it('are all there', () => {
    expect(names.length).toBe(220);
  });

  it.each(names.filter((name) => read(`${name}.rc`).trim() !== '2'))('%s', (name) => {
    const args = read(`${name}.args`).split(/\s+/);
    const { output, errors } = run(name, args);
    expect(errors).toBe(read(`${name}.err`));
    expect(unzipped(output)).toBe(unzipped(read(`${name}.ign`)));
  });
});
