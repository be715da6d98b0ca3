/** The examples that two product manuals print, with exactly the findings that edge.md 6 lists for them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lint } from './lint.js';

function findingsOf(seed: string): string[] {
  const folder = join(import.meta.dirname, '../../vectors/lint', seed);
  const files = readdirSync(folder).map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));
  return lint(files).diagnostics.map(
    ({ rule, severity, file, line, column }) => `${rule} ${severity} ${file}:${line}:${column}`,
  );
}

describe('the printed examples', () => {
  it('of the disk partition and the local registry', () => {
    expect(findingsOf('seed-000')).toEqual([
      'EL004 warning annotation.json:1:76',
      'EL005 warning annotation.json:1:76',
      'EL017 warning instructions.txt:3:46',
      'EL008 warning instructions.txt:12:56',
      'EL016 error instructions.txt:19:10',
      'EL015 error instructions.txt:20:13',
      'EL017 warning instructions.txt:21:50',
      'EL006 error policies.yaml:26:15',
      'EL007 info policies.yaml:26:15',
      'EL013 warning policies.yaml:36:43',
      'EL002 error siteconfig.yaml:6:11',
      'EL009 warning siteconfig.yaml:40:32',
      'EL001 error storage.bu:9:18',
      'EL001 error storage.bu:10:17',
      'EL009 warning storage.ign:1:419',
    ]);
  });

  it('of pre-cached images', () => {
    expect(findingsOf('seed-002')).toEqual([
      'EL018 warning instructions.txt:1:37',
      'EL018 warning instructions.txt:3:44',
      'EL018 warning instructions.txt:4:1',
      'EL012 info siteconfig.yaml:14:29',
      'EL011 warning siteconfig.yaml:33:22',
      'EL010 warning siteconfig.yaml:54:23',
      'EL019 warning siteconfig.yaml:59:27',
      'EL010 warning siteconfig.yaml:65:23',
      'EL029 warning siteconfig.yaml:70:27',
      'EL011 warning siteconfig.yaml:90:26',
      'EL020 warning siteconfig.yaml:102:330',
      'EL010 warning siteconfig.yaml:111:27',
      'EL019 warning siteconfig.yaml:116:31',
    ]);
  });
});
