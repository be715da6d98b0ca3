import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { graphSvg, graphText } from './draw-graph.js';
import { parseUpdateGraph, type UpdateGraph } from './update-graph.js';
import { partOfGraph, shortestPath } from './update-path.js';

const GRAPH = {
  nodes: ['4.16.3', '4.15.1', '4.15.9', '4.16.0', '4.16.0-rc.1'].map((version) => ({
    version,
    payload: `r.test/x:${version}`,
  })),
  // 4.15.1 -> 4.15.9 -> 4.16.0 -> 4.16.3, and 4.15.9 -> 4.16.3
  edges: [
    [1, 2],
    [2, 3],
    [3, 0],
    [2, 0],
  ],
  conditionalEdges: [
    {
      edges: [
        { from: '4.15.1', to: '4.16.3' },
        { from: '4.14.0', to: '4.16.3' },
      ],
      risks: [{ name: 'Risk', message: 'may hurt', url: 'https://x.test', matchingRules: [] }],
    },
  ],
};
const parse = (change: object = {}) => parseUpdateGraph(Buffer.from(JSON.stringify({ ...GRAPH, ...change })));
const steps = (graph: UpdateGraph, from: string, to: string) => shortestPath(graph, from, to)?.map((edge) => edge.to);

describe('parseUpdateGraph', () => {
  it('reads versions in their order, and updates with their risks', () => {
    const { nodes, edges } = parse();
    expect(nodes.map(({ version }) => version)).toEqual(['4.15.1', '4.15.9', '4.16.0-rc.1', '4.16.0', '4.16.3']);
    expect(edges).toHaveLength(5);
    expect(edges.at(-1)).toMatchObject({
      from: '4.15.1',
      to: '4.16.3',
      risks: [{ name: 'Risk', message: 'may hurt' }],
    });
  });

  it.each([
    [{ nodes: [] }, 'NoVersionsFound'],
    [{ nodes: [{ version: 'x' }] }, 'ResponseInvalid'],
    [{ nodes: [{ version: '1.0.0' }, { version: '1.0.0' }], edges: [] }, 'ResponseInvalid'],
    [{ edges: [[0, 9]] }, 'ResponseInvalid'],
    [{ edges: [['__proto__', 'length']] }, 'ResponseInvalid'],
    [{ edges: {} }, 'ResponseInvalid'],
    [{ conditionalEdges: [{ edges: [{ from: 'a' }], risks: [{}] }] }, 'ResponseInvalid'],
    [{ conditionalEdges: [{ edges: [], risks: [] }] }, 'ResponseInvalid'],
  ])('refuses %j', (change, code) => {
    expect(() => parse(change)).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('refuses what is no JSON', () => {
    expect(() => parseUpdateGraph(Buffer.from('<html>'))).toThrow(/cannot be read/);
  });
});

describe('shortestPath', () => {
  const plain = partOfGraph(parse(), { conditional: false });

  it.each([
    ['4.15.1', '4.16.3', ['4.15.9', '4.16.3']],
    ['4.15.1', '4.15.1', []],
    ['4.16.3', '4.15.1', undefined],
    ['4.16.0-rc.1', '4.16.3', undefined],
  ])('from %s to %s', (from, to, expected) => {
    expect(steps(plain, from, to)).toEqual(expected);
  });

  it('takes updates with risks when they count', () => {
    expect(steps(parse(), '4.15.1', '4.16.3')).toEqual(['4.16.3']);
  });

  it('takes the highest version first', () => {
    const versions = ['1.0.0', '1.0.1', '1.0.10', '1.0.9', '1.1.0'];
    const edges = [1, 2, 3].flatMap((index) => [
      [0, index],
      [index, 4],
    ]);
    const graph = parse({ nodes: versions.map((version) => ({ version })), edges, conditionalEdges: [] });
    expect(steps(graph, '1.0.0', '1.1.0')).toEqual(['1.0.10', '1.1.0']);
  });

  it('is that of mirror.md 9.3, example 25', () => {
    const nodes = [0, 1, 2, 3, 4, 5].map((patch) => ({ version: `4.14.${patch}` }));
    const edges = [
      [0, 2],
      [0, 1],
      [1, 2],
      [2, 5],
      [2, 4],
      [4, 5],
    ];
    expect(steps(parse({ nodes, edges, conditionalEdges: [] }), '4.14.0', '4.14.5')).toEqual(['4.14.2', '4.14.5']);
  });

  it('knows the versions', () => {
    expect(() => shortestPath(plain, '4.15.1', '5.0.0')).toThrow(/no version 5\.0\.0/);
  });

  it('is a way, and no other is shorter', () => {
    const size = 8;
    const edge = fc.tuple(fc.nat(size - 1), fc.nat(size - 1));
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 30 }), (edges) => {
        const version = (index: number) => `1.0.${index}`;
        const nodes = Array.from({ length: size }, (_, index) => ({ version: version(index) }));
        const found = shortestPath(parse({ nodes, edges, conditionalEdges: [] }), version(0), version(size - 1));
        let reached = new Set([version(0)]);
        let distance = 0;
        while (!reached.has(version(size - 1)) && distance < size) {
          const before = reached;
          const more = edges.filter(([from]) => before.has(version(from))).map(([, to]) => version(to));
          reached = new Set([...before, ...more]);
          distance += 1;
        }
        expect(found?.length).toBe(reached.has(version(size - 1)) ? distance : undefined);
        found?.forEach((one, index) => expect(one.from).toBe(found[index - 1]?.to ?? version(0)));
      }),
    );
  });
});

describe('pictures', () => {
  const graph = partOfGraph(parse(), { min: '4.15.1', max: '4.16.3', conditional: true });
  const path = shortestPath(partOfGraph(graph, { conditional: false }), '4.15.1', '4.16.3') ?? [];

  it('as text', () => {
    expect(graphText(graph, path)).toBe(`* 4.16.3      <- 4.16.0, 4.15.9, 4.15.1?
  4.16.0      <- 4.15.9
  4.16.0-rc.1
* 4.15.9      <- 4.15.1
* 4.15.1
`);
  });

  it('as SVG', () => {
    const svg = graphSvg(graph, path);
    expect(svg.match(/<rect /g)).toHaveLength(5);
    expect(svg.match(/<path /g)).toHaveLength(5);
    expect(svg.match(/stroke-dasharray/g)).toHaveLength(1);
    expect(svg.match(/stroke-width="3"/g)).toHaveLength(2);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+"/);
  });
});
