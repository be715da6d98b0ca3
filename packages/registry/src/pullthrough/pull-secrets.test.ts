import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit';
import { describe, expect, it } from 'vitest';
import type { SecretList } from '../streams/image-api.js';
import { PullSecrets } from './pull-secrets.js';

const STREAM = { namespace: 'ns', name: 'app' };
const PLACE = { host: 'up.example', name: 'team/app' };

const auths = (user: string, key = 'up.example') => ({ [key]: { username: user, password: `${user}-password` } });
const credential = (user: string) => ({ username: user, password: `${user}-password` });

function secret(name: string, type: string, key: string, value: unknown): SecretList['items'][number] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const data = { [key]: Buffer.from(text).toString('base64') };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type, data };
}

type Items = SecretList['items'];

function scripted(items: Items | Error | (() => Items | Error), pullSecret = '/nowhere/config.json') {
  const warnings: object[] = [];
  let asked = 0;
  const findSecrets = async (): Promise<SecretList | undefined> => {
    asked++;
    const answer = typeof items === 'function' ? items() : items;
    if (answer instanceof Error) throw answer;
    return { apiVersion: 'v1', kind: 'SecretList', metadata: {}, items: answer };
  };
  const log = { warn: (fields: object) => void warnings.push(fields) };
  const secrets = new PullSecrets({ findSecrets }, pullSecret, log);
  return { secrets, warnings, asked: () => asked };
}

const JSON_TYPE = 'kubernetes.io/dockerconfigjson';

describe('credentials for other registries', () => {
  it('are all that fit: of the namespace, then of the installation', async () => {
    const path = join(temporaryFolder('pull-secret'), 'config.json');
    writeFileSync(path, JSON.stringify({ auths: auths('installation') }));
    const { secrets, asked } = scripted(
      [
        secret('new', JSON_TYPE, '.dockerconfigjson', { auths: auths('json') }),
        secret('old', 'kubernetes.io/dockercfg', '.dockercfg', auths('cfg')),
        secret('other', 'Opaque', '.dockerconfigjson', { auths: auths('opaque') }),
        secret('elsewhere', JSON_TYPE, '.dockerconfigjson', { auths: auths('elsewhere', 'other.example') }),
      ],
      path,
    );
    expect(await secrets.credentials(STREAM, PLACE)).toEqual(['json', 'cfg', 'installation'].map(credential));
    await secrets.credentials(STREAM, PLACE);
    expect(asked()).toBe(1);
  });

  it('leave out what cannot be read, and no secret is in the log', async () => {
    const { secrets, warnings } = scripted([
      secret('broken', JSON_TYPE, '.dockerconfigjson', '{"auths": hunter2'),
      secret('right', JSON_TYPE, '.dockerconfigjson', { auths: auths('right') }),
    ]);
    expect(await secrets.credentials(STREAM, PLACE)).toEqual([credential('right')]);
    expect(warnings).toMatchObject([{ what: 'secret ns/broken' }]);
    expect(
      JSON.stringify(warnings, (_, value: unknown) => (value instanceof Error ? value.stack : value)),
    ).not.toContain('hunter2');
  });

  it('are those of the installation while the API is down', async () => {
    const path = join(temporaryFolder('pull-secret'), 'config.json');
    writeFileSync(path, JSON.stringify({ auths: auths('installation') }));
    const { secrets, warnings } = scripted(new Error('down'), path);
    expect(await secrets.credentials(STREAM, PLACE)).toEqual([credential('installation')]);
    expect(warnings).toHaveLength(1);
  });

  it('are asked for again as soon as the API may be up, once for all who ask', async () => {
    const items = [secret('right', JSON_TYPE, '.dockerconfigjson', { auths: auths('right') })];
    const answers: (Items | Error)[] = [new Error('down'), items];
    const { secrets, asked } = scripted(() => answers.shift() ?? []);
    const all = await Promise.all([secrets.credentials(STREAM, PLACE), secrets.credentials(STREAM, PLACE)]);
    expect([all, asked()]).toEqual([[[], []], 1]);
    for (const _ of [1, 2]) expect(await secrets.credentials(STREAM, PLACE)).toEqual([credential('right')]);
    expect(asked()).toBe(2);
  });

  it('leave out a pull secret of the installation that is no file', async () => {
    const path = temporaryFolder('pull-secret');
    const { secrets, warnings } = scripted([], path);
    expect(await secrets.credentials(STREAM, PLACE)).toEqual([]);
    expect(warnings).toMatchObject([{ path }]);
  });
});
