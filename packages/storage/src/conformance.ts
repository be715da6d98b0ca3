import type { Behaviour } from './conformance/behaviour.js';
import { concurrencyBehaviours } from './conformance/concurrency.js';
import { deleteBehaviours } from './conformance/delete.js';
import { listBehaviours } from './conformance/list.js';
import { moveBehaviours } from './conformance/move.js';
import { pathBehaviours } from './conformance/paths.js';
import { readerBehaviours } from './conformance/readers.js';
import { statBehaviours } from './conformance/stat.js';
import { touchBehaviours } from './conformance/touch.js';
import { valueBehaviours } from './conformance/values.js';
import { writerBehaviours } from './conformance/writers.js';
import type { StorageDriver } from './driver.js';

/** The two functions of a test runner (vitest, node:test, mocha …) that the kit calls. */
export interface TestApi {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

/** An empty storage for one test. `end` releases what it holds. */
export interface DriverUnderTest {
  driver: StorageDriver;
  end?(): Promise<void>;
}

const SUBJECTS: Readonly<Record<string, readonly Behaviour[]>> = {
  paths: pathBehaviours,
  'whole values': valueBehaviours,
  readers: readerBehaviours,
  writers: writerBehaviours,
  stat: statBehaviours,
  touch: touchBehaviours,
  move: moveBehaviours,
  delete: deleteBehaviours,
  list: listBehaviours,
  concurrency: concurrencyBehaviours,
};

/**
 * Describes, as tests of the runner in `api`, everything that `StorageDriver` promises. `make` is called once for each
 * test and answers with a driver on an empty storage.
 */
export function describeStorageDriver(name: string, make: () => Promise<DriverUnderTest>, api: TestApi): void {
  api.describe(`storage driver ${name}`, () => {
    for (const [subject, behaviours] of Object.entries(SUBJECTS)) {
      api.describe(subject, () => {
        for (const { behaviour, check } of behaviours) api.it(behaviour, () => checkOnce(make, check));
      });
    }
  });
}

async function checkOnce(make: () => Promise<DriverUnderTest>, check: Behaviour['check']): Promise<void> {
  const subject = await make();
  try {
    await check(subject.driver);
  } finally {
    await subject.end?.();
  }
}
