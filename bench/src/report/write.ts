import { readFile, writeFile } from 'node:fs/promises';
import type { Format } from '../options.js';
import { renderJson } from './json.js';
import { renderMarkdown, replaceSection } from './markdown.js';
import type { Report } from './report.js';
import { renderTable } from './table.js';

const renderers = { text: renderTable, json: renderJson, markdown: renderMarkdown };

export function renderReport(report: Report, format: Format): string {
  return renderers[format](report);
}

/** Writes the report to a file; a Markdown section takes the place of the one that is there. */
export async function saveReport(report: Report, format: Format, path: string): Promise<void> {
  const text = renderReport(report, format);
  await writeFile(path, format === 'markdown' ? replaceSection(await readOrEmpty(path), text) : text);
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
