import type { Behaviour, StoreUnderTest } from './conformance/behaviour.js';
import { commitBehaviours } from './conformance/commits.js';
import { historyBehaviours } from './conformance/history.js';
import { limitBehaviours } from './conformance/limits.js';
import { listBehaviours } from './conformance/list.js';
import { restartBehaviours } from './conformance/restart.js';
import { watchBehaviours } from './conformance/watch.js';
import { writeBehaviours } from './conformance/writes.js';

/** The two functions of a test runner (vitest, node:test, mocha …) that the kit calls. */
export interface TestApi {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

const SUBJECTS: Readonly<Record<string, readonly Behaviour[]>> = {
  writes: writeBehaviours,
  commits: commitBehaviours,
  lists: listBehaviours,
  history: historyBehaviours,
  watches: watchBehaviours,
  limits: limitBehaviours,
  restarts: restartBehaviours,
};

/**
 * Describes, as tests of the runner in `api`, everything that `Store` promises. `make` is called once for each test and
 * answers with an empty store.
 */
export function describeStore(name: string, make: () => Promise<StoreUnderTest>, api: TestApi): void {
  api.describe(`store ${name}`, () => {
    for (const [subject, behaviours] of Object.entries(SUBJECTS)) {
      api.describe(subject, () => {
        for (const { behaviour, check } of behaviours) api.it(behaviour, () => checkOnce(make, check));
      });
    }
  });
}

async function checkOnce(make: () => Promise<StoreUnderTest>, check: Behaviour['check']): Promise<void> {
  const subject = await make();
  try {
    await check(subject.store, subject);
  } finally {
    await subject.end();
  }
}
