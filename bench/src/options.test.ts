import { describe, expect, it } from 'vitest';
import { parseOptions, UsageError } from './options.js';

describe('parseOptions', () => {
  it('has defaults', () => {
    expect(parseOptions([])).toMatchObject({
      only: [],
      transports: ['plain'],
      rounds: 5,
      seconds: 3,
      format: 'text',
      out: undefined,
    });
  });

  it('reads all options', () => {
    const args = ['--only', 'blob-get,blob-put', '--all', '--rounds', '3', '--seconds', '1', '--json', '--out', 'file'];
    expect(parseOptions(args)).toMatchObject({
      only: ['blob-get', 'blob-put'],
      transports: ['plain', 'tls'],
      rounds: 3,
      seconds: 1,
      format: 'json',
      out: 'file',
    });
  });

  it('runs the TLS variants alone', () => expect(parseOptions(['--tls']).transports).toEqual(['tls']));

  it.each([
    [['--rounds', '0']],
    [['--rounds', '1.5']],
    [['--seconds', 'long']],
    [['--json', '--markdown']],
    [['--unknown']],
    [['stray']],
  ])('refuses %j', (args) => expect(() => parseOptions(args)).toThrow(UsageError));
});
