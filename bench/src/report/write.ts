import { readFile, writeFile } from 'node:fs/promises';
import type { Format } from '../options.js';
import { renderJson } from './json.js';
import { renderMarkdown, replaceSection } from './markdown.js';
import type { Report } from './report.js';
import { renderTable } from './table.js';

const renderers = { text: renderTable, json: renderJson, markdown: renderMarkdown };

/** Prints the report; with `out` writes it to that file and prints the table. */
export async function writeReport(report: Report, format: Format, out: string | undefined): Promise<void> {
  const text = renderers[format](report);
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  await writeFile(out, format === 'markdown' ? replaceSection(await readOrEmpty(out), text) : text);
  process.stdout.write(renderTable(report));
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
