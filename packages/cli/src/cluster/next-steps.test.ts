import { describe, expect, it } from 'vitest';
import { nextSteps } from './next-steps.js';
import { describeStatus } from './status.js';

const cluster = {
  apiUrl: 'https://127.0.0.1:6443',
  registryAddress: '127.0.0.1:5000',
  kubeconfig: '/srv/longshore/kubeconfig',
  authority: '/srv/longshore/pki/ca.crt',
};

describe('nextSteps', () => {
  it('shows the password of a new cluster, and how to log in with it', () => {
    const text = nextSteps({ ...cluster, kubeadminPassword: 'AAAAA-BBBBB-CCCCC-DDDDD' }, undefined, '/srv');
    expect(text).toMatch(/^\nLongshore is up\.\n/);
    expect(text).toContain('AAAAA-BBBBB-CCCCC-DDDDD  (of kubeadmin; shown this once)');
    expect(text).toContain(
      'oc login -u kubeadmin -p AAAAA-BBBBB-CCCCC-DDDDD --certificate-authority=longshore/pki/ca.crt https://127.0.0.1:6443\n',
    );
    expect(text).toContain('kubectl --kubeconfig longshore/kubeconfig ');
  });

  it('shows none later, and whole paths where they are shorter', () => {
    const text = nextSteps(cluster, undefined, '/home/somebody');
    expect(text).toContain(
      'oc login -u kubeadmin -p PASSWORD --certificate-authority=/srv/longshore/pki/ca.crt https:',
    );
    expect(text).toContain('kubectl --kubeconfig /srv/longshore/kubeconfig ');
    expect(text).not.toContain('shown this once');
  });

  it('names the registry as this machine knows it, and says why it cannot be used', () => {
    expect(nextSteps(cluster)).toContain('podman login --tls-verify=false -u builder -p $TOKEN 127.0.0.1:5000\n');
    const registryHost = 'image-registry.openshift-image-registry.svc:5000';
    const text = nextSteps({ ...cluster, registryHost }, 'The registry is removed');
    expect(text).toContain(`registry   ${registryHost}  (not available: The registry is removed)\n`);
    expect(text).toContain(`podman login -u builder -p $TOKEN ${registryHost}\n`);
    expect(text).toContain(`podman push IMAGE ${registryHost}/demo/hello:1\n`);
  });
});

describe('describeStatus', () => {
  it('says that nothing runs', () => {
    expect(describeStatus('/srv/longshore', { running: false })).toBe(
      'no cluster runs on /srv/longshore; start one with longshore up\n',
    );
  });

  it('tells how each part is', () => {
    const parts = [
      { name: 'API server', address: 'https://127.0.0.1:6443', ready: true },
      { name: 'registry', address: '127.0.0.1:5000', ready: false, problem: 'ECONNREFUSED' },
    ];
    const facts = { pid: 7, version: '0.1.0', startedAt: '2030-01-01T00:00:00.000Z', kubeconfig: '/srv/k' };
    expect(describeStatus('/srv', { running: true, ...facts, parts }).split('\n')).toEqual([
      'version      0.1.0',
      'process      7, since 2030-01-01T00:00:00.000Z',
      'data         /srv',
      'kubeconfig   /srv/k',
      'API server   https://127.0.0.1:6443  ready',
      'registry     127.0.0.1:5000  not ready: ECONNREFUSED',
      '',
    ]);
  });
});
