import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { join } from 'node:path';
import ts from 'typescript';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { expect, it } from 'vitest';
import * as http from 'node:http';
import * as apiserver from './index.js';

const README = join(import.meta.dirname, '..', 'README.md');

interface Example {
  api: apiserver.ApiServer;
  server: Server;
  store: apiserver.Store;
}

it('shows a server that works', async () => {
  const [, code = ''] = /```ts\n(.*?)```/s.exec(readFileSync(README, 'utf8')) ?? [];
  const { outputText } = ts.transpileModule(code.replace(/^import .*$/gm, ''), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const folder = temporaryFolder('readme');
  const scope = { ...apiserver, createServer: http.createServer, folder };
  const body = `return (async () => { ${outputText.replace(/export {};?/, '')}; return { api, server, store }; })();`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the README of this package, to see that it runs
  const run = new Function(...Object.keys(scope), body) as (...values: unknown[]) => Promise<Example>;
  const { api, server, store } = await run(...Object.values(scope));
  try {
    if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/apis/example.com/v1/namespaces/a/widgets`;
    const headers = { 'content-type': 'application/json', accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const widget = { metadata: { name: 'w' }, spec: { size: 3 } };
    await fetch(url, { method: 'POST', headers, body: JSON.stringify(widget) });
    expect(await (await fetch(url, { headers })).json()).toMatchObject({ rows: [{ cells: ['w', 3] }] });
  } finally {
    server.close();
    server.closeAllConnections();
    await api.drain();
    await store.close();
  }
});
