import type { Report } from './report.js';

/** The report with the values of every round. */
export function renderJson({ machine, contenders, rounds, rows }: Report): string {
  const versions = { subject: contenders.subject.version, peer: contenders.peer.version };
  return `${JSON.stringify({ machine, versions, rounds, rows }, undefined, 2)}\n`;
}
