import type { ObjectAccess } from '@longshore/apiserver';
import type { ImageConfig } from '@longshore/kube';
import { describe, expect, it } from 'vitest';
import { imageConfigController, ImageSettings } from './image-settings.js';

const signal = new AbortController().signal;

/** One configuration, and how often its status was written. */
function setUp(spec: ImageConfig['spec'], status?: ImageConfig['status']) {
  let config: ImageConfig = {
    apiVersion: 'config.openshift.io/v1',
    kind: 'Image',
    metadata: { name: 'cluster' },
    spec,
    ...(status !== undefined && { status }),
  };
  const written: unknown[] = [];
  const objects = {
    get: async () => config,
    updateStatus: async (_resource: string, object: ImageConfig) => {
      config = object;
      written.push(object.status);
    },
  } as unknown as ObjectAccess;
  return { objects, written };
}

describe('the image configuration', () => {
  it('has a status that tells what holds, written once', async () => {
    const settings = new ImageSettings();
    settings.registryAt('127.0.0.1:5000');
    const { objects, written } = setUp({
      externalRegistryHostnames: ['images.example.com'],
      imageStreamImportMode: 'Legacy',
    });
    const controller = imageConfigController(settings, false);
    for (let times = 0; times < 2; times++) await controller.reconcile('cluster', objects, signal);
    expect(written).toEqual([
      {
        internalRegistryHostname: '127.0.0.1:5000',
        externalRegistryHostnames: ['images.example.com'],
        imageStreamImportMode: 'Legacy',
      },
    ]);
    expect(settings.hostnames).toEqual({ internal: '127.0.0.1:5000', external: ['images.example.com'] });
    expect(settings.importMode).toBe('Legacy');
  });

  it('keeps all architectures by default, and names no registry before there is one', async () => {
    const settings = new ImageSettings();
    const { objects, written } = setUp({});
    await imageConfigController(settings, false).reconcile('cluster', objects, signal);
    expect(written).toEqual([{ imageStreamImportMode: 'PreserveOriginal' }]);
    expect(settings.hostnames).toEqual({ external: [] });
  });

  it('is read where an operator writes its status', async () => {
    const settings = new ImageSettings();
    const internal = 'image-registry.openshift-image-registry.svc:5000';
    const { objects, written } = setUp(
      { externalRegistryHostnames: ['images.example.com'], imageStreamImportMode: 'Legacy' },
      { internalRegistryHostname: internal, externalRegistryHostnames: ['route.example.com', 'images.example.com'] },
    );
    const controller = imageConfigController(settings, true);
    await controller.reconcile('cluster', objects, signal);
    expect(written).toEqual([]);
    expect(settings.hostnames).toEqual({ internal, external: ['images.example.com', 'route.example.com'] });
    expect(settings.importMode).toBe('Legacy');
    // As the operator leaves it when the registry is removed.
    const removed = setUp({}, { internalRegistryHostname: '' });
    await controller.reconcile('cluster', removed.objects, signal);
    expect(settings.hostnames).toEqual({ external: [] });
  });
});
