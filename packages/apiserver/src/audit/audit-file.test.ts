import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, expect, it } from 'vitest';
import type { AuditEvent } from './audit-event.js';
import { AuditFile } from './audit-file.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = temporaryFolder('audit');
  path = join(folder, 'audit.log');
});

const event = (auditID: string): AuditEvent => ({
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID,
  stage: 'ResponseComplete',
  requestURI: '/',
  verb: 'get',
  user: { username: 'alice', groups: [] },
  sourceIPs: [],
  responseStatus: { metadata: {}, code: 200 },
  requestReceivedTimestamp: '',
  stageTimestamp: '',
});
const ids = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as AuditEvent).auditID);

it('appends lines to a file for its owner only', async () => {
  for (const id of ['a', 'b']) {
    const log = new AuditFile({ path });
    log.write(event(id));
    await log.close();
  }
  expect(ids(path)).toEqual(['a', 'b']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('puts long files aside, and drops the oldest', async () => {
  const log = new AuditFile({ path, maxBytes: 2.5 * JSON.stringify(event('0')).length, backups: 2 });
  for (let id = 0; id < 8; id++) log.write(event(String(id)));
  await log.close();
  expect(ids(path).at(-1)).toBe('7');
  const kept = [`${path}.2`, `${path}.1`, path].flatMap(ids);
  expect(kept).toEqual(['2', '3', '4', '5', '6', '7']);
});
