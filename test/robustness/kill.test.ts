import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { getManifest, jsonOf, requestTo, type Longshore } from '@longshore/testkit';
import { childrenOf } from './processes.js';
import { Ledger } from './ledger.js';
import { Pusher, resume } from './pusher.js';
import { Random, seed } from './random.js';
import { fsckFindings, Servers } from './servers.js';

/** Two registries are killed this often each; while one starts, the other works. */
const KILLS = 50;
const PUSHERS = 3;
const READS = 4;

const servers = new Servers();
afterAll(() => servers.end());

/** Lets pushers work for a random time and kills the server, in half of the cases one of its workers first. */
async function killUnderLoad(registry: Longshore, pushers: Pusher[], random: Random): Promise<void> {
  let over = false;
  const pushing = Promise.all(pushers.map((pusher) => pusher.run(() => over)));
  await delay(random.between(5, 350));
  if (random.between(0, 1) === 0) {
    const worker = childrenOf(registry.process.pid)[random.between(0, 1)];
    if (worker !== undefined) process.kill(worker, 'SIGKILL');
    await delay(random.between(0, 30));
  }
  process.kill(registry.process.pid, 'SIGKILL');
  over = true;
  await Promise.all([pushing, registry.process.ended]);
}

/** Every tag that is listed can be pulled. */
async function danglingTags(registry: Longshore, repository: string): Promise<string[]> {
  const response = await requestTo(registry, `/v2/${repository}/tags/list`);
  if (response.status === 404) return [];
  const { tags } = jsonOf(response) as { tags: string[] };
  const statuses = await Promise.all(
    tags.map(async (tag) => [tag, (await getManifest(registry, repository, tag)).status] as const),
  );
  return statuses.flatMap(([tag, status]) => (status === 200 ? [] : [`${repository}:${tag} is ${status}`]));
}

/** Kills and restarts one registry again and again. Resolves with what is wrong, and how many uploads went on. */
async function torment(lane: string): Promise<{ wrong: string[]; resumed: number; acknowledged: number }> {
  const random = new Random(lane);
  const registry = await servers.longshore();
  const ledger = new Ledger();
  const pushers = Array.from(
    { length: PUSHERS },
    (_, index) => new Pusher(registry, `${lane}/${index}`, ledger, new Random(`${lane}/${index}`), 25),
  );
  const wrong: string[] = [];
  let resumed = 0;
  for (let kill = 1; kill <= KILLS && wrong.length === 0; kill++) {
    await killUnderLoad(registry, pushers, random);
    await registry.restart();
    wrong.push(...(await ledger.verify(registry, READS)), ...pushers.flatMap((pusher) => pusher.refusals));
    const pusher = random.pick(pushers as [Pusher, ...Pusher[]]);
    wrong.push(...(await danglingTags(registry, pusher.repository)));
    for (const { open } of pushers) {
      if (open && (await resume(registry, open))) resumed++;
    }
    for (const each of pushers) each.open = undefined;
    if (wrong.length > 0) wrong.unshift(`seed ${seed}, ${lane}, kill ${kill}`);
  }
  wrong.push(...(await ledger.verifyAll(registry)));
  wrong.push(...(await fsckFindings(registry)).map((finding) => JSON.stringify(finding)));
  return { wrong, resumed, acknowledged: ledger.size };
}

it(`${2 * KILLS} kills under load lose nothing acknowledged and show nothing partial`, async () => {
  const lanes = await Promise.all([torment('one'), torment('two')]);
  expect(lanes.flatMap(({ wrong }) => wrong)).toEqual([]);
  for (const { resumed, acknowledged } of lanes) {
    expect(resumed).toBeGreaterThan(0);
    expect(acknowledged).toBeGreaterThan(KILLS);
  }
}, 480_000);
