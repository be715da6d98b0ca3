import { expect, it } from 'vitest';
import { loadConfig } from '../config/index.js';
import { startLines } from './start-lines.js';

const START = expect.stringMatching(/^start registry, version \d+\.\d+\.\d+$/) as string;
const AUTH = 'Using OpenShift Auth handler';
const SERVICE = 'image-registry.openshift-image-registry.svc:5000';

it.each([
  [{}, []],
  [
    { auth: { openshift: { realm: 'r' } } },
    [AUTH, 'quota enforcement disabled', `Using "${SERVICE}" as Docker Registry URL`],
  ],
  [
    {
      auth: { openshift: { realm: 'r' } },
      openshift: { quota: { enabled: true, cachettl: '90s' }, server: { addr: 'registry.svc:5000' } },
    },
    [AUTH, 'caching project quota objects with TTL 1m30s', 'Using "registry.svc:5000" as Docker Registry URL'],
  ],
])('the log of a registry begins with its version and its cluster: %j', (sections, lines) => {
  const config = loadConfig({
    text: JSON.stringify({ version: 0.1, storage: { inmemory: {} }, ...sections }),
    env: {},
  });
  expect(startLines(config)).toEqual([START, ...lines]);
});
