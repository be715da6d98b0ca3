import type { Machine } from '../machine.js';
import type { Contenders, Row } from '../runner.js';

/** All that a run has found. */
export interface Report {
  machine: Machine;
  contenders: Contenders;
  rounds: number;
  rows: Row[];
}

export const columnTitles = (report: Report): string[] => [
  'benchmark',
  'unit',
  report.contenders.subject.label,
  report.contenders.peer.label,
  'ratio',
  'goal',
  'met',
];

/** A row as text, in the order of the columns. */
export function cellsOf(row: Row): string[] {
  return [
    row.title,
    row.unit,
    numberText(row.subjectMedian),
    numberText(row.peerMedian),
    row.ratio === undefined ? '-' : `${numberText(row.ratio)}x`,
    goalText(row),
    row.met === undefined ? '-' : row.met ? 'yes' : 'no',
  ];
}

/** Whole from 100 on, else three significant digits. */
export function numberText(value: number | undefined): string {
  if (value === undefined) return '-';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function goalText({ goal, better, unit }: Row): string {
  if (goal === undefined) return '-';
  const sign = better === 'higher' ? '>=' : '<=';
  return 'ratio' in goal ? `${sign} ${plain(goal.ratio)}x` : `${sign} ${plain(goal.absolute)} ${unit}`;
}

function plain(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** The lines that name machine and versions. */
export function headLines({ machine, contenders, rounds }: Report): string[] {
  const { cpu, cores, memoryGigabytes, kernel, fileSystem, node, date } = machine;
  return [
    `${cpu}, ${cores} cores, ${memoryGigabytes} GB memory, ${kernel}, ${fileSystem}`,
    `${contenders.subject.version} on Node ${node} against ${contenders.peer.version}, ${date}`,
    rounds === 1 ? 'one round' : `medians of ${rounds} rounds`,
  ];
}
