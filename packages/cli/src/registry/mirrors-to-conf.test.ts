import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../testing/run-command.js';

let dir: string;
beforeEach(() => (dir = temporaryFolder('mirrors-to-conf')));

const idms = {
  apiVersion: 'config.openshift.io/v1',
  kind: 'ImageDigestMirrorSet',
  spec: { imageDigestMirrors: [{ source: 'q.test/a', mirrors: ['m.test/d'] }] },
};
const itms = {
  apiVersion: 'config.openshift.io/v1',
  kind: 'ImageTagMirrorSet',
  spec: { imageTagMirrors: [{ source: 'q.test/a', mirrors: ['m.test/t'], mirrorSourcePolicy: 'NeverContactSource' }] },
};
const image = {
  apiVersion: 'config.openshift.io/v1',
  kind: 'Image',
  spec: {
    registrySources: {
      insecureRegistries: ['m.test'],
      allowedRegistries: ['q.test'],
      containerRuntimeSearchRegistries: ['s.test'],
    },
  },
};
const convert = async (objects: object[], ...flags: string[]) => {
  const files = objects.map((_, index) => join(dir, `${index}.yaml`));
  await Promise.all(objects.map((object, index) => writeFile(files[index] ?? '', JSON.stringify(object))));
  return runCommand(['registry', 'mirrors-to-conf', ...flags, ...files]);
};

describe('longshore registry mirrors-to-conf', () => {
  it('makes one file of all sets', async () => {
    expect(await convert([idms, itms])).toEqual({
      status: 0,
      stderr: '',
      stdout: `unqualified-search-registries = ["registry.access.redhat.com", "docker.io"]
short-name-mode = ""
additional-layer-store-auth-helper = ""

[[registry]]
  prefix = ""
  location = "q.test/a"
  blocked = true

  [[registry.mirror]]
    location = "m.test/d"
    pull-from-mirror = "digest-only"

  [[registry.mirror]]
    location = "m.test/t"
    pull-from-mirror = "tag-only"
`,
    });
  });

  it('makes a drop-in, with the insecure registries of the cluster', async () => {
    const { stdout, stderr } = await convert([idms, image], '--drop-in');
    expect(stdout).toBe(`[[registry]]
  prefix = ""
  location = "q.test/a"

  [[registry.mirror]]
    location = "m.test/d"
    insecure = true
    pull-from-mirror = "digest-only"

[[registry]]
  prefix = ""
  location = "m.test"
  insecure = true
`);
    expect(stderr).toBe(
      'warning: allowedRegistries are left out: they are part of policy.json, not of registries.conf\n',
    );
  });

  it('looks for short names where the cluster does', async () => {
    expect((await convert([image])).stdout).toMatch(/^unqualified-search-registries = \["s\.test"\]\n/);
  });

  it('tells whether nodes are drained for a change', async () => {
    const before = join(dir, 'before.yaml');
    await writeFile(before, JSON.stringify(idms));
    const more = { ...idms, spec: { imageDigestMirrors: [{ source: 'r.test', mirrors: ['m.test/r'] }] } };
    expect((await convert([idms, more], `--before=${before}`)).stderr).toBe(
      'info: Nodes take this over without being drained\n',
    );
    expect((await convert([idms, itms], `--before=${before}`)).stderr).toBe(
      'warning: nodes are drained: q.test/a has another value of blocked\n' +
        'warning: nodes are drained: q.test/a gets the mirror m.test/t for tags\n',
    );
    expect((await convert([more], `--before=${before}`)).stderr).toBe(
      'warning: nodes are drained: q.test/a is not there any more\n',
    );
  });

  it('names the file that is wrong', async () => {
    const { status, stderr } = await convert([idms, { kind: 'ConfigMap' }]);
    expect([status, stderr]).toEqual([
      2,
      `longshore: ${dir}/1.yaml: an object of the kind "ConfigMap" names no mirrors\n`,
    ]);
  });
});
