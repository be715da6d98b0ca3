import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HostPathVolumeSource } from 'kubernetes-types/core/v1.js';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Pod } from '../../kinds/pods/pod.js';
import type { PodPlace } from '../agent/pod-fields.js';
import { settleVolume, type VolumeServices } from './pod-volumes.js';

let root: string;
beforeEach(() => {
  root = temporaryFolder('volumes');
});

describe('a folder of the host', () => {
  const pathOf = async (hostPath: HostPathVolumeSource, changesHost: boolean) => {
    const services = { hostRoot: join(root, 'host'), changesHost } as VolumeServices;
    const volume = { name: 'host', hostPath };
    return (await settleVolume(volume, {} as Pod, join(root, 'pod'), {} as PodPlace, services)).path;
  };

  it('is made where it belongs', async () => {
    const path = join(root, 'etc/certs.d');
    expect(await pathOf({ path, type: 'DirectoryOrCreate' }, true)).toBe(path);
    expect(existsSync(path)).toBe(true);
  });

  it('is a folder of the cluster where the machine is not to be changed', async () => {
    const path = join(root, 'etc/certs.d');
    expect(await pathOf({ path, type: 'DirectoryOrCreate' }, false)).toBe(join(root, 'host', path));
    expect(existsSync(path)).toBe(false);
    expect(existsSync(join(root, 'host', path))).toBe(true);
  });

  it('must be there when it is not to be made', async () => {
    await expect(pathOf({ path: join(root, 'missing'), type: 'Directory' }, true)).rejects.toThrow('missing');
  });
});
