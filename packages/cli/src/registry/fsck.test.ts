import { QUARANTINE, type Finding } from '@longshore/registry';
import { parseDigest } from '@longshore/oci';
import { expect, it } from 'vitest';
import { describeFsck, fsckCommand } from './fsck.js';

const digest = parseDigest(`sha256:${'ab'.repeat(32)}`);
const other = parseDigest(`sha256:${'cd'.repeat(32)}`);
const corrupt = { kind: 'blob-corrupt', digest, actual: other } as const;

it.each<[string, Finding[], string[]]>([
  ['a clean registry', [], ['2 blobs (1.5 KiB) in 1 repository: clean']],
  [
    'a corrupt blob',
    [{ ...corrupt, quarantined: false }],
    [
      `corrupt blob ${digest}: its bytes have the digest ${other}; run with --quarantine to move it away`,
      '2 blobs (1.5 KiB) in 1 repository: 1 finding',
    ],
  ],
  [
    'every kind of finding',
    [
      { ...corrupt, quarantined: true },
      { kind: 'content-missing', repository: 'app', manifest: digest, missing: other },
      { kind: 'tag-dangling', repository: 'app', tag: 'v1' },
    ],
    [
      `corrupt blob ${digest}: its bytes have the digest ${other}; moved to quarantine; push it again`,
      `incomplete manifest app@${digest}: ${other} is missing; push the image again`,
      'dangling tag app:v1: its manifest is missing; push or delete the tag',
      '2 blobs (1.5 KiB) in 1 repository: 3 findings',
    ],
  ],
])('describes %s', (_, findings, lines) => {
  const report = { blobs: 2, bytes: 1536, repositories: 1, findings };
  expect(describeFsck(report)).toBe(`${lines.join('\n')}\n`);
});

it('names the folder of the quarantine', () => {
  expect(fsckCommand().helpInformation()).toContain(QUARANTINE.slice(1));
});
