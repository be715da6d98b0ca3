import { expect, it } from 'vitest';
import { mergePolicies, POLICY_ANNOTATIONS, readPolicy } from './namespace-policy.js';

const { keepTagRevisions, keepYoungerThan } = POLICY_ANNOTATIONS;
const limitRange = (annotations?: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { namespace: 'ns', name: 'images', ...(annotations && { annotations }) },
});

it.each<[annotations: Record<string, string> | undefined, policy: object, problems: number]>([
  [undefined, {}, 0],
  [{ other: '1' }, {}, 0],
  [{ [keepTagRevisions]: '0' }, { keepRevisions: 0 }, 0],
  [{ [keepTagRevisions]: '12', [keepYoungerThan]: '1h30m' }, { keepRevisions: 12, keepYoungerThanMs: 5_400_000 }, 0],
  [{ [keepYoungerThan]: '0' }, { keepYoungerThanMs: 0 }, 0],
  [{ [keepTagRevisions]: '-1' }, { keepRevisions: Infinity }, 1],
  [{ [keepTagRevisions]: '' }, { keepRevisions: Infinity }, 1],
  [{ [keepYoungerThan]: '-1h' }, { keepYoungerThanMs: Infinity }, 1],
  [{ [keepYoungerThan]: 'a day' }, { keepYoungerThanMs: Infinity }, 1],
])('%j is the policy %j', (annotations, policy, problems) => {
  const read = readPolicy(limitRange(annotations));
  expect(read.policy).toEqual(policy);
  expect(read.problems).toHaveLength(problems);
});

it('says where a policy stands that cannot be read', () => {
  expect(readPolicy(limitRange({ [keepTagRevisions]: 'x' })).problems).toEqual([
    'image.longshore.dev/keep-tag-revisions of limit range ns/images is no number of entries such as "5"',
  ]);
});

it('keeps what any of several policies keeps', () => {
  expect(mergePolicies({ keepRevisions: 3 }, { keepRevisions: 1, keepYoungerThanMs: 5 })).toEqual({
    keepRevisions: 3,
    keepYoungerThanMs: 5,
  });
  expect(mergePolicies({}, { keepRevisions: 0 })).toEqual({ keepRevisions: 0 });
});
