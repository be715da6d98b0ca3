import { expect, it } from 'vitest';
import { IntentFileError, parseIntentFile } from './intent-file.js';

it('reads every key', () => {
  const yaml = `site: site-a
cluster: sno-a
node: node1.example.com
disk: /dev/disk/by-path/a
diskSize: 457344
rootMin: 120GiB
target: clusterinstance
wave: 100
policyName: site-a
namespace: ztp-site
bindingRules: {sites: site-a}
partitions:
  - {purpose: containers, start: 250 GiB, size: rest}
  - {purpose: precache, size: 1.5GiB, label: images}
`;
  expect(parseIntentFile('intent.yaml', yaml)).toEqual({
    site: 'site-a',
    cluster: 'sno-a',
    node: 'node1.example.com',
    disk: '/dev/disk/by-path/a',
    diskSizeMiB: 457_344,
    rootMinMiB: 122_880,
    target: 'clusterinstance',
    wave: 100,
    policyName: 'site-a',
    namespace: 'ztp-site',
    bindingRules: { sites: 'site-a' },
    partitions: [
      { purpose: 'containers', startMiB: 256_000, size: 'rest' },
      { purpose: 'precache', size: 1536, label: 'images' },
    ],
  });
});

it.each([
  ['clutser: a\n', 'intent.yaml:1:1: clutser: is no key of an intent'],
  ['cluster: [a]\n', 'intent.yaml:1:10: cluster: expected text, found a list'],
  ['wave: "100"\n', 'intent.yaml:1:7: wave: expected a number, found "100"'],
  ['target: x\n', 'expected one of siteconfig, clusterinstance, found "x"'],
  ['partitions:\n  - size: 5\n', 'intent.yaml:2:5: partitions[0]: purpose is missing'],
  ['partitions:\n  - purpose: registry\n', 'size is missing'],
  [
    'partitions:\n  - {purpose: registry, size: 5 parsecs}\n',
    'intent.yaml:2:31: partitions[0].size: expected a size in whole MiB',
  ],
  ['partitions:\n  - {purpose: registry, size: 5, mount: /x}\n', 'is no key of a partition'],
  ['partitions: 5\n', 'expected a list of partitions'],
  ['bindingRules: 5\n', 'expected a map of labels'],
  ['- a\n', 'intent.yaml:1:1: expected a map'],
  ['a: b\n\tc: d\n', 'intent.yaml:2:1: tabs are not allowed'],
  ['a: 1\na: 2\n', 'intent.yaml:2:1: the key a is given twice'],
])('tells what is wrong with %j', (yaml, message) => {
  expect(() => parseIntentFile('intent.yaml', yaml)).toThrow(IntentFileError);
  expect(() => parseIntentFile('intent.yaml', yaml)).toThrow(message);
});
