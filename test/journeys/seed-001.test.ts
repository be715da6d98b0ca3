/**
 * The documented way of a release into a disconnected site, command by command, as `sh` runs them: with `longshore` in place of
 * `oc`, and quay.io played by a registry that registries.conf names as its mirror. Each mirror registry goes the whole way.
 */
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  blobOf,
  createManifest,
  digestOf,
  getManifest,
  LONGSHORE,
  MEDIA_TYPES,
  pushTree,
  randomBytesOf,
  requestTo,
  runProgram,
  startCluster,
  tarOf,
  type ContainerTools,
  type GeneratedManifest,
  type ProgramResult,
  type RunningCluster,
  type RunningRegistry,
  type Target,
} from '@longshore/testkit';
import { createMessage, generateKey, readPrivateKey, sign } from 'openpgp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Journey, type Tls } from './journey.js';

const USER = { name: 'mirror', password: 'correct horse' };
const OCP_RELEASE = '4.99.0';
const IMAGES = 'openshift-release-dev/ocp-v4.0-art-dev';
const RELEASES = 'openshift-release-dev/ocp-release';

const journey = new Journey();
const bin = journey.folder();
const store = journey.folder();
const digests = new Map<string, string>();
let tls: Tls;
let tools: ContainerTools;
let cluster: RunningCluster;
let source: RunningRegistry;
let shared: NodeJS.ProcessEnv;

function layerOf(files: Record<string, Buffer | string>): { archive: Buffer; packed: ReturnType<typeof blobOf> } {
  const archive = tarOf(Object.entries(files).map(([path, content]) => ({ path, content: Buffer.from(content) })));
  return { archive, packed: blobOf(gzipSync(archive), MEDIA_TYPES.docker.layer) };
}

const base = layerOf({ 'etc/os-release': randomBytesOf('base', 200_000) });

function componentImage(name: string, files: Record<string, string> = {}): GeneratedManifest {
  const own = layerOf({ [`usr/bin/${name}`]: randomBytesOf(name, 50_000), ...files });
  const config = {
    created: '2026-01-01T00:00:00Z',
    os: 'linux',
    architecture: 'amd64',
    config: { Labels: { name, ...(Object.keys(files).length > 0 && { 'io.openshift.release.operator': 'true' }) } },
    rootfs: { type: 'layers', diff_ids: [base, own].map(({ archive }) => digestOf(archive)) },
  };
  const blob = blobOf(Buffer.from(JSON.stringify(config)), MEDIA_TYPES.docker.config);
  return createManifest('docker', blob, [base.packed, own.packed]);
}

/** Six images as the vendor publishes them, and a release of them that says who signs it. */
async function publishRelease(): Promise<void> {
  const { privateKey, publicKey } = await generateKey({ type: 'ecc', userIDs: [{ name: 'Vendor' }] });
  const verifier = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'verification', annotations: { 'release.openshift.io/verification-config-map': '' } },
    data: { 'verifier-public-key-vendor': publicKey, 'store-vendor': `file://${store}` },
  };
  const images = {
    cli: componentImage('cli'),
    'cluster-version-operator': componentImage('cvo', {
      'manifests/0000_90_cvo_verification.yaml': JSON.stringify(verifier),
    }),
    etcd: componentImage('etcd'),
    'machine-config-operator': componentImage('mco', { 'manifests/deploy.yaml': 'kind: Deployment\n' }),
    'machine-os-content': componentImage('os'),
    tests: componentImage('tests'),
  };
  const target = { url: source.url, ca: tls.ca };
  for (const [name, image] of Object.entries(images)) {
    await pushTree(target, IMAGES, image);
    digests.set(name, image.descriptor.digest);
  }
  const tags = [...digests].map(([name, digest]) => ({
    name,
    from: { kind: 'DockerImage', name: `quay.io/${IMAGES}@${digest}` },
  }));
  const folder = journey.folder();
  await mkdir(folder);
  const [stream, idms] = [join(folder, 'stream.json'), join(folder, 'idms.json')];
  await writeFile(stream, JSON.stringify({ kind: 'ImageStream', metadata: { name: 'x' }, spec: { tags } }));
  const mirrors = [`${source.address}/${IMAGES}`];
  const entry = { source: `quay.io/${IMAGES}`, mirrors, mirrorSourcePolicy: 'NeverContactSource' };
  await writeFile(idms, JSON.stringify({ kind: 'ImageDigestMirrorSet', spec: { imageDigestMirrors: [entry] } }));
  const image = `${source.address}/${RELEASES}:${OCP_RELEASE}-x86_64`;
  const made = await sh(
    `longshore adm release new -f ${stream} --idms-file=${idms} --name=${OCP_RELEASE} --to-image=${image}`,
    shared,
  );
  const [digest = ''] = made.stdout.split(' ');
  digests.set('', digest);
  const payload = {
    critical: {
      type: 'atomic container signature',
      image: { 'docker-manifest-digest': digest },
      identity: { 'docker-reference': `quay.io/${RELEASES}@${digest}` },
    },
  };
  const message = await createMessage({ binary: Buffer.from(JSON.stringify(payload)) });
  const key = await readPrivateKey({ armoredKey: privateKey });
  const signature = (await sign({ message, signingKeys: key, format: 'binary' })) as Uint8Array;
  await mkdir(join(store, digest.replace(':', '=')), { recursive: true });
  await writeFile(join(store, digest.replace(':', '='), 'signature-1'), signature);
}

/** Errors: ProgramError with what the command has said. */
function sh(command: string, env: NodeJS.ProcessEnv, options: { mayFail?: boolean } = {}): Promise<ProgramResult> {
  return runProgram('/bin/sh', ['-ec', command], { env, ...options });
}

beforeAll(async () => {
  [tls, tools] = await Promise.all([journey.tls(), journey.tools()]);
  [source, cluster] = await Promise.all([journey.longshore({ tls: tls.files, workers: 1 }), startCluster()]);
  await mkdir(bin);
  await writeFile(join(bin, 'longshore'), `#!/bin/sh\nexec '${process.execPath}' '${LONGSHORE}' "$@"\n`);
  await chmod(join(bin, 'longshore'), 0o755);
  const conf = journey.folder();
  await writeFile(
    conf,
    `[[registry]]\nlocation = "quay.io"\nblocked = true\n[[registry.mirror]]\nlocation = "${source.address}"\n`,
  );
  shared = {
    PATH: `${bin}:${process.env['PATH']}`,
    HOME: journey.dir,
    KUBECONFIG: cluster.kubeconfig,
    NODE_EXTRA_CA_CERTS: join(tls.certDir, 'ca.crt'),
    CONTAINERS_REGISTRIES_CONF: conf,
  };
  await cluster.kubectl(['create', 'namespace', 'openshift-config-managed'], { mayFail: true });
  await publishRelease();
}, 90_000);
afterAll(async () => {
  await cluster.stop();
  await journey.end();
});

/** The variables of the documentation, as it sets them. */
const variables = (registry: string, secret: string, media: string) => `
export OCP_RELEASE=${OCP_RELEASE}
LOCAL_REGISTRY='${registry}'
LOCAL_REPOSITORY='ocp4/openshift4'
LOCAL_RELEASE_IMAGES_REPOSITORY='ocp4/openshift4-release-images'
PRODUCT_REPO='openshift-release-dev'
LOCAL_SECRET_JSON='${secret}'
RELEASE_NAME="ocp-release"
ARCHITECTURE=x86_64
REMOVABLE_MEDIA_PATH=${media}
`;
const RELEASE = 'quay.io/${PRODUCT_REPO}/${RELEASE_NAME}:${OCP_RELEASE}-${ARCHITECTURE}';

/** What a mirror answers those who do not say who they are. */
const ANSWERS: Record<string, [number, string | undefined]> = {
  'docker-registry': [401, 'Basic'],
  'a Longshore for everybody': [200, undefined],
  'a Longshore with tokens': [401, 'Bearer'],
};

describe.each(['docker-registry', 'a Longshore for everybody', 'a Longshore with tokens'])(
  '%s as the mirror',
  (kind) => {
    let mirror: RunningRegistry;
    let env: NodeJS.ProcessEnv;
    let secret: string;
    let media: string;
    let target: Target;
    const hasUsers = kind !== 'a Longshore for everybody';
    const run = (command: string, options: { mayFail?: boolean } = {}) =>
      sh(`${variables(mirror.address, secret, media)}${command}`, env, options);
    const configMap = () => `sha256-${digests.get('')?.slice('sha256:'.length)}`;
    const known = async () =>
      (await cluster.kubectl(['get', 'configmaps', '-n', 'openshift-config-managed', '-o', 'name'])).stdout;
    /** All tags of the mirrored release, with the digests that they must have. */
    const expected = () =>
      [...digests].map(([name, digest]) => [`${OCP_RELEASE}-x86_64${name === '' ? '' : `-${name}`}`, digest]);
    const found = async (repository: string) => {
      const all = expected().map(async ([tag = '']) => {
        const { headers, body } = await getManifest(target, repository, tag);
        return [tag, headers['docker-content-digest'] === digestOf(body) ? digestOf(body) : 'another content'];
      });
      return Promise.all(all);
    };

    /** What is there is not copied again, and a ConfigMap that is there is left alone. */
    const applyAgain = async (direct: string) => {
      const again = await run(direct, { mayFail: true });
      expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('already exists; pass --overwrite')]);
      const { stdout } = await run(`${direct} --overwrite`);
      expect(stdout).toMatch(new RegExp(`^\\nSuccess\\n[^]*\\nconfigmap/${configMap()} configured\\n$`));
    };

    beforeAll(async () => {
      const htpasswd = await journey.htpasswd([USER]);
      const rules = [{ repository: '**', users: [USER.name], actions: ['*'] }];
      const options = { tls: tls.files, workers: 1, ...(hasUsers && { auth: { htpasswd, rules } }) };
      mirror = await (kind === 'docker-registry' ? journey.dockerRegistry(options) : journey.longshore(options));
      target = { url: mirror.url, ca: tls.ca, ...(hasUsers && { user: USER }) };
      [secret, media] = [journey.folder(), journey.folder()];
      await writeFile(secret, JSON.stringify({ auths: { 'quay.io': { auth: 'dTpw', email: 'you@example.com' } } }));
      env = {
        ...shared,
        HOME: journey.folder(),
        XDG_STATE_HOME: journey.folder(),
      };
    }, 60_000);

    it('asks who one is, as it should', async () => {
      const answer = await requestTo({ url: mirror.url, ca: tls.ca }, '/v2/');
      const scheme = answer.headers['www-authenticate']?.toString().split(' ')[0];
      expect([answer.status, scheme]).toEqual(ANSWERS[kind]);
    });

    it('is in the pull secret', async () => {
      await run(
        `echo -n '${USER.password}' | longshore pull-secret add $LOCAL_REGISTRY --file $LOCAL_SECRET_JSON -u ${USER.name} --password-stdin --email you@example.com`,
      );
      const { stdout } = await run(`cat $LOCAL_SECRET_JSON; echo -n '${USER.name}:${USER.password}' | base64 -w0`);
      const [, auth = ''] = /\}\s*([A-Za-z0-9+/=]+)$/.exec(stdout) ?? [];
      expect(stdout).toMatch(
        new RegExp(`"${mirror.address}": ?\\{\\s*"auth": ?"${auth}",\\s*"email": ?"you@example.com"`),
      );
    });

    it('is planned, and nothing is written', async () => {
      const { stdout, stderr } = await run(
        'longshore adm release mirror -a ${LOCAL_SECRET_JSON} --to-dir=${REMOVABLE_MEDIA_PATH}/mirror ' +
          `${RELEASE} --dry-run`,
      );
      expect(stderr).toMatch(
        /^info: Mirroring 7 images to file:\/\/openshift\/release \.\.\.\n[^]*info: Dry run complete\n$/,
      );
      expect(stdout).toMatch(/Update image: {2}openshift\/release:4\.99\.0-x86_64\n/);
      await expect(readdir(media)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('gets the release from media that were filled elsewhere', async () => {
      await run(
        `longshore adm release mirror -a \${LOCAL_SECRET_JSON} --to-dir=\${REMOVABLE_MEDIA_PATH}/mirror ${RELEASE}`,
      );
      await run(
        'longshore image mirror -a ${LOCAL_SECRET_JSON} --from-dir=${REMOVABLE_MEDIA_PATH}/mirror ' +
          '"file://openshift/release:${OCP_RELEASE}*" ${LOCAL_REGISTRY}/${LOCAL_REPOSITORY}',
      );
      expect(await found('ocp4/openshift4')).toEqual(expected());
    });

    it('has its signature in the cluster', async () => {
      const [file = ''] = await readdir(join(media, 'mirror/config'));
      expect(file).toMatch(/^signature-sha256-[0-9a-f]{16}\.json$/);
      await cluster.kubectl(['apply', '-f', join(media, 'mirror/config', file)]);
      expect(await known()).toContain(`configmap/${configMap()}\n`);
    });

    it('has the release image in a repository of its own, without its layers on the wire', async () => {
      const { stderr } = await run(
        'longshore image mirror -a ${LOCAL_SECRET_JSON} ' +
          '${LOCAL_REGISTRY}/${LOCAL_REPOSITORY}:${OCP_RELEASE}-${ARCHITECTURE} ' +
          '${LOCAL_REGISTRY}/${LOCAL_RELEASE_IMAGES_REPOSITORY}:${OCP_RELEASE}-${ARCHITECTURE}',
      );
      expect(stderr.match(/^mounted: /gm)).toHaveLength(2);
      const { headers } = await getManifest(target, 'ocp4/openshift4-release-images', `${OCP_RELEASE}-x86_64`);
      expect(headers['docker-content-digest']).toBe(digests.get(''));
    });

    it('is known by the credentials of this user, too', async () => {
      const { stdout } = await run(
        'mkdir -p ~/.docker; cp ${LOCAL_SECRET_JSON} ~/.docker/config.json\n' +
          'longshore image info -o json ${LOCAL_REGISTRY}/${LOCAL_RELEASE_IMAGES_REPOSITORY}:${OCP_RELEASE}-${ARCHITECTURE}',
      );
      expect(JSON.parse(stdout)).toMatchObject({ digest: digests.get('') });
    });

    it('gets the release directly, too, with its signature', async () => {
      await cluster.kubectl([
        'delete',
        'configmap',
        '--ignore-not-found',
        '-n',
        'openshift-config-managed',
        configMap(),
      ]);
      const direct =
        `longshore adm release mirror -a \${LOCAL_SECRET_JSON} --from=${RELEASE} ` +
        '--to=${LOCAL_REGISTRY}/direct/openshift4 --apply-release-image-signature';
      const { stdout } = await run(direct);
      expect(stdout).toMatch(new RegExp(`\\nconfigmap/${configMap()} created\\n$`));
      expect(await found('direct/openshift4')).toEqual(expected());
      if (kind === 'docker-registry') await applyAgain(direct);
      await run(
        'longshore image mirror -a ${LOCAL_SECRET_JSON} ' +
          '${LOCAL_REGISTRY}/direct/openshift4:${OCP_RELEASE}-${ARCHITECTURE} ' +
          '${LOCAL_REGISTRY}/direct/${LOCAL_RELEASE_IMAGES_REPOSITORY}:${OCP_RELEASE}-${ARCHITECTURE}',
      );
      const { headers } = await getManifest(target, 'direct/ocp4/openshift4-release-images', `${OCP_RELEASE}-x86_64`);
      expect(headers['docker-content-digest']).toBe(digests.get(''));
    });

    it('serves skopeo, and podman by the mirror sets of the release', async () => {
      const access = ['--cert-dir', tls.certDir, '--authfile', secret];
      const place = `${mirror.address}/ocp4/openshift4-release-images:${OCP_RELEASE}-x86_64`;
      const inspected = await tools.run('skopeo', ['inspect', ...access, `docker://${place}`]);
      expect(JSON.parse(inspected.stdout)).toMatchObject({ Digest: digests.get('') });
      await tools.run('podman', ['pull', ...access, place]);

      const sets = journey.folder();
      await run(
        `longshore adm release mirror -a \${LOCAL_SECRET_JSON} --from=${RELEASE} --to=\${LOCAL_REGISTRY}/\${LOCAL_REPOSITORY} ` +
          `--print-mirror-instructions=idms --mirror-sets-to-dir=${sets}`,
      );
      await run(`longshore registry mirrors-to-conf ${sets}/idms.yaml > ${sets}/registries.conf`);
      const image = `quay.io/${IMAGES}@${digests.get('cli')}`;
      const pulling = { ...tools.env, CONTAINERS_REGISTRIES_CONF: join(sets, 'registries.conf') };
      const pulled = await runProgram('podman', ['pull', '--quiet', ...access, image], { env: pulling });
      const { stdout } = await tools.run('podman', [
        'image',
        'inspect',
        '--format',
        '{{.Digest}}',
        pulled.stdout.trim(),
      ]);
      expect(stdout.trim()).toBe(digests.get('cli'));
    });
  },
);

describe('a cluster', () => {
  it('imports the release into a stream, by the mirror sets that it has', async () => {
    const objects = [
      {
        apiVersion: 'config.openshift.io/v1',
        kind: 'ImageDigestMirrorSet',
        metadata: { name: 'mirrored-release' },
        spec: {
          imageDigestMirrors: [
            {
              source: 'quay.io/openshift-release-dev',
              mirrors: [`${source.address}/openshift-release-dev`],
              mirrorSourcePolicy: 'NeverContactSource',
            },
          ],
        },
      },
      {
        apiVersion: 'config.openshift.io/v1',
        kind: 'Image',
        metadata: { name: 'cluster' },
        spec: { registrySources: { insecureRegistries: [source.address] } },
      },
    ];
    const file = journey.folder();
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    await cluster.kubectl(['apply', '-f', file]);
    const release = `${variables('', '', '')}longshore adm release mirror -n default --to-image-stream=release ${RELEASE}`;
    await sh(release, shared);
    const { stdout } = await cluster.kubectl(['get', 'imagestream', 'release', '-n', 'default', '-o', 'json']);
    const { status } = JSON.parse(stdout) as { status: { tags: { tag: string; items: { image: string }[] }[] } };
    const imported = status.tags.map(({ tag, items }) => [tag === 'release' ? '' : tag, items[0]?.image]);
    expect(imported.sort()).toEqual([...digests].sort());
  });
});
