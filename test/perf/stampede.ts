/*
 * One cold key, wanted by many callers in many processes at once: how often is it loaded? And how often, when the
 * process that loads it is killed in the middle?
 * Run: npm run bench:stampede [-- runs]
 */
import { startRedis } from '../../src/testbed/servers/redis.ts';
import { freePort } from '../../src/testbed/servers/server.ts';
import { type Instance, Instances } from './instances.ts';

const PROCESSES = 8;
const CALLERS = 250;
const LOAD_MS = 1000;
const RUNS = Number(process.argv[2] ?? 100);
const KILLED_RUNS = Math.min(5, RUNS);

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** How many runs had each number of loads. */
function tally(loads: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const one of loads) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].map(([count, runs]) => `${count} in ${runs} of ${loads.length} runs`).join(', ');
}

async function stampede(instances: readonly Instance[], key: string): Promise<number> {
  for (const instance of instances)
    instance.order({ do: 'stampede', key, callers: CALLERS, loadMs: LOAD_MS });
  const done = await Promise.all(instances.map((instance) => instance.next('done')));
  const answered = done.reduce((sum, { values }) => sum + values, 0);
  if (answered !== instances.length * CALLERS) throw new Error(`${answered} callers were answered`);
  return done.reduce((sum, { loads }) => sum + loads, 0);
}

/** The process that loads is killed half way. Its load is counted, though it cannot tell. */
async function stampedeWithKill(url: string, key: string): Promise<number> {
  const { all } = await Instances.start(PROCESSES, url);
  for (const instance of all) instance.order({ do: 'stampede', key, callers: CALLERS, loadMs: LOAD_MS });
  const holder = await Promise.race(
    all.map(async (instance) => instance.next('loading').then(() => instance)),
  );
  await new Promise((resolve) => setTimeout(resolve, LOAD_MS / 2));
  await holder.stop();
  const others = all.filter((instance) => instance !== holder);
  const done = await Promise.all(others.map((instance) => instance.next('done')));
  await Promise.all(others.map((instance) => instance.stop()));
  return 1 + done.reduce((sum, { loads }) => sum + loads, 0);
}

const server = await startRedis(process.env, { listen: await freePort() });
try {
  const instances = await Instances.start(PROCESSES, server.url);
  const loads: number[] = [];
  for (let run = 0; run < RUNS; run++) loads.push(await stampede(instances.all, `cold-${run}`));
  await instances.stop();
  print(
    `${PROCESSES} processes, ${CALLERS} callers each, one cold key, ${LOAD_MS} ms to load; loads: ${tally(loads)}`,
  );
  const killed: number[] = [];
  for (let run = 0; run < KILLED_RUNS; run++)
    killed.push(await stampedeWithKill(server.url, `killed-${run}`));
  print(`the process that loads is killed half way; loads: ${tally(killed)}`);
} finally {
  await server.stop();
}
