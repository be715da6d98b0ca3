import type { CheckStatus } from './check.js';
import type { VerificationReport } from './verify-site.js';

const WORDS: Record<CheckStatus, string> = { fits: 'ok', differs: 'DIFFERS', unseen: 'unseen' };

/** The report for people: a table with a line for each check, what could not be read, and the verdict. */
export function verificationText({ cluster, verdict, checks, unread }: VerificationReport): string {
  const rows = [
    ['check', 'what', 'expected', 'is', 'found'],
    ...checks.map(({ id, what, expected, status, found }) => [id, what, expected, WORDS[status], found]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const ignored = unread.map(({ file, reason }) => `not read: ${file}: ${reason}`);
  const counts = (['fits', 'differs', 'unseen'] as const).map(
    (status) => `${checks.filter((check) => check.status === status).length} ${WORDS[status]}`,
  );
  return `${[...lines, ...ignored, `${cluster}: ${SENTENCES[verdict]} (${counts.join(', ')})`].join('\n')}\n`;
}

const SENTENCES = {
  fits: 'the site fits its plan',
  differs: 'the site differs from its plan',
  unseen: 'nothing differs, but not everything was collected',
} as const;
