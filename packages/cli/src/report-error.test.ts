import { ImageError } from '@longshore/mirror/extract';
import { ConfigError } from '@longshore/registry';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { CliError } from './cli-error.js';
import { reportError } from './report-error.js';

const place = { file: 'registry.yml', line: 7, column: 3 };
const config = new ConfigError([
  { place, path: 'storage.delte', text: 'unknown key; did you mean "delete"?' },
  { place: { variable: 'REGISTRY_LOG_LEVEL' }, path: 'log.level', text: 'expected one of "error", "warn"' },
]);

describe('reportError', () => {
  it.each<[string, unknown, number, string]>([
    ['an explained failure', new CliError('the disk is full'), 1, 'longshore: the disk is full\n'],
    ['wrong use', new CliError('no terminal', 2), 2, 'longshore: no terminal\n'],
    ['wrong use that only the work finds', new ImageError('USAGE', 'no layer'), 2, 'longshore: no layer\n'],
    ['an unexpected error', new TypeError('x is undefined'), 1, 'longshore: x is undefined\n'],
    ['a thrown text', 'oh', 1, 'longshore: oh\n'],
    [
      'a configuration, with places first in each line',
      config,
      2,
      'registry.yml:7:3: storage.delte: unknown key; did you mean "delete"?\n' +
        'REGISTRY_LOG_LEVEL: log.level: expected one of "error", "warn"\n',
    ],
    ['what commander has said already', new CommanderError(1, 'commander.unknownOption', 'said'), 2, ''],
    ['help that was asked for', new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'), 0, ''],
  ])('tells %s', (_, error, exitCode, text) => {
    expect(reportError(error, false)).toEqual({ text, exitCode });
  });

  it('shows stacks of the error and its causes when debugging', () => {
    const { text, exitCode } = reportError(new CliError('above', 1, { cause: new Error('below') }), true);
    expect(exitCode).toBe(1);
    expect(text).toMatch(/^longshore: CliError: above\n\s+at /);
    expect(text).toMatch(/\ncaused by: Error: below\n\s+at /);
  });
});
