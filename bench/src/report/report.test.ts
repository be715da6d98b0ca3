import { describe, expect, it } from 'vitest';
import type { Row } from '../runner.js';
import { renderMarkdown, replaceSection } from './markdown.js';
import { numberText, type Report } from './report.js';
import { renderTable } from './table.js';

const contender = { version: '1.0', start: () => Promise.reject(new Error('not to be started')) };
const row = { benchmark: 'b', transport: 'plain', subject: [], peer: [], better: 'higher' } as const;
const rows: Row[] = [
  {
    ...row,
    title: 'manifest GET',
    unit: 'req/s',
    subjectMedian: 24000,
    peerMedian: 1000,
    ratio: 24,
    goal: { ratio: 12 },
    met: true,
  },
  {
    ...row,
    title: 'delay',
    unit: 'ms',
    better: 'lower',
    subjectMedian: 25,
    peerMedian: undefined,
    ratio: undefined,
    goal: { absolute: 20 },
    met: false,
  },
];
const report: Report = {
  machine: {
    cpu: 'CPU',
    cores: 2,
    memoryGigabytes: 8,
    kernel: 'Linux 6',
    fileSystem: 'ext4',
    node: 'v20',
    date: '2026-01-02',
  },
  contenders: {
    subject: { ...contender, side: 'subject', label: 'Longshore' },
    peer: { ...contender, side: 'peer', label: 'peer' },
  },
  rounds: 5,
  rows,
};

describe('renderTable', () => {
  it('aligns the columns', () => {
    expect(renderTable(report).split('\n').slice(4)).toEqual([
      'benchmark     unit   Longshore  peer  ratio  goal      met',
      '------------  -----  ---------  ----  -----  --------  ---',
      'manifest GET  req/s      24000  1000  24.0x  >= 12x    yes',
      'delay         ms          25.0     -      -  <= 20 ms  no',
      '',
    ]);
  });

  it('begins with the machine', () => {
    expect(renderTable(report)).toMatch(
      /^CPU, 2 cores, 8 GB memory, Linux 6, ext4\n.*2026-01-02\nmedians of 5 rounds\n/,
    );
  });
});

describe('replaceSection', () => {
  const section = renderMarkdown(report);

  it('replaces the section of a page and leaves the rest', () => {
    const page = `# Title\n\n<!-- results -->\nold\n<!-- end of results -->\n\nText\n`;
    expect(replaceSection(page, section)).toBe(`# Title\n\n${section}\nText\n`);
    expect(section).toContain('| manifest GET | req/s | 24000 | 1000 | 24.0x | >= 12x | yes |');
  });

  it('is the page where there was none', () => expect(replaceSection('', section)).toBe(section));
});

describe('numberText', () => {
  it.each([
    [undefined, '-'],
    [24374.4, '24374'],
    [99.94, '99.9'],
    [1.2345, '1.23'],
    [0.04567, '0.0457'],
  ])('of %s is %s', (value, text) => expect(numberText(value)).toBe(text));
});
