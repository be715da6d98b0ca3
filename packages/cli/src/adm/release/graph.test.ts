import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StubRegistry, temporaryFolder } from '@longshore/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../testing/run-command.js';

const GRAPH = JSON.stringify({
  nodes: ['4.15.1', '4.15.9', '4.16.3'].map((version) => ({ version, payload: `r.test/x:${version}` })),
  edges: [
    [0, 1],
    [1, 2],
  ],
  conditionalEdges: [
    {
      edges: [{ from: '4.15.1', to: '4.16.3' }],
      risks: [{ name: 'Risk', message: 'may hurt', url: 'https://x.test' }],
    },
  ],
});
const file = join(temporaryFolder('graph'), 'graph.json');
let server: StubRegistry;
let asked: string[] = [];

beforeAll(async () => {
  await writeFile(file, GRAPH);
  server = await StubRegistry.start();
  server.intercept = (request, response) => {
    asked.push(request.path);
    if (!request.path.includes('/api/upgrades_info/v1/graph')) response.writeHead(400).end();
    else response.end(GRAPH);
    return true;
  };
});
afterAll(() => server.close());

const graph = (...args: string[]) => runCommand(['adm', 'release', 'graph', ...args]);
const WAY = ['--from=4.15.1', '--to=4.16.3'];

describe('longshore adm release graph', () => {
  it('shows a graph and the way through it', async () => {
    expect(await graph(file)).toEqual({
      status: 0,
      stderr: '',
      stdout: '  4.16.3 <- 4.15.9\n  4.15.9 <- 4.15.1\n  4.15.1\n',
    });
    expect((await graph(...WAY, file)).stdout).toMatch(/^\* 4\.16\.3[^]*\n\nWay: 4\.15\.1 -> 4\.15\.9 -> 4\.16\.3\n$/);
  });

  it('tells of risks', async () => {
    const { stdout } = await graph('--include-conditional', ...WAY, file);
    expect(stdout).toContain('* 4.16.3 <- 4.15.9, 4.15.1?\n');
    expect(stdout).toContain('Way: 4.15.1 -> 4.16.3\nRisks:\n  4.15.1 -> 4.16.3: Risk: may hurt https://x.test\n');
  });

  it('asks a server', async () => {
    asked = [];
    const { status, stdout } = await graph('--channel=stable-4.16', '-o', 'json', ...WAY, server.url);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ path: [{ to: '4.15.9' }, { to: '4.16.3' }] });
    expect(asked).toEqual(['/api/upgrades_info/v1/graph?channel=stable-4.16&arch=amd64']);
  });

  it('asks the server that the environment names, when it is told of no other', async () => {
    asked = [];
    const args = ['adm', 'release', 'graph', '--channel=fast-4.16', '--arch=multi'];
    expect((await runCommand(args, { env: { UPDATE_URL_OVERRIDE: `${server.url}/x` } })).status).toBe(0);
    expect(asked).toEqual(['/x/api/upgrades_info/v1/graph?channel=fast-4.16&arch=multi']);
    expect(await runCommand(args, { env: { UPDATE_URL_OVERRIDE: 'x' } })).toMatchObject({ status: 2 });
  });

  it('draws', async () => {
    expect((await graph('-o', 'svg', ...WAY, file)).stdout).toMatch(/^<svg [^]*4\.15\.9[^]*<\/svg>\n$/);
  });

  it.each([
    [['--from=x', file], 2, /x is no semantic version/],
    [['--from=4.15.1', '--to=4.99.0', file], 1, /no version 4\.99\.0/],
    [['--from=4.15.9', '--to=4.15.1', file], 1, /no version|no way/],
    [['--channel=c', file], 2, /is for a URL/],
    [['/none'], 2, /ENOENT/],
    [['/dev/zero'], 2, /has more than the 67108864 bytes/],
    [['http://127.0.0.1:1'], 2, /--channel is needed/],
    [['--channel=c', 'http://127.0.0.1:1'], 1, /the graph of c is not to be had/],
  ])('%j fails', async (args, status, message) => {
    const result = await graph(...args);
    expect(result.status).toBe(status);
    expect(result.stderr).toMatch(message);
  });
});
