/*
 * What the pure parts of the engine cost a call, in nanoseconds of CPU time: the median of several rounds. To be
 * compiled by tsc first: as tsx rewrites classes, each access to a private field costs tens of nanoseconds more.
 */
import { jsonCodec } from '../../src/engine/codec.ts';
import { Emitter } from '../../src/engine/emitter.ts';
import { EntryFormat } from '../../src/engine/entry.ts';
import { EntrySeal } from '../../src/engine/integrity.ts';
import { KeySpace, scopePart } from '../../src/engine/keys.ts';
import { compilePattern } from '../../src/engine/pattern.ts';
import { Successors } from '../../src/engine/successors.ts';

/** What was computed last, so that computing it is not optimised away. */
export let sink: unknown;

function measure(name: string, calls: number, call: (i: number) => unknown): void {
  const rounds: number[] = [];
  for (let round = 0; round < 7; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < calls; i++) sink = call(i);
    const { user, system } = process.cpuUsage(before);
    rounds.push(((user + system) * 1000) / calls);
  }
  rounds.sort((a, b) => a - b);
  process.stdout.write(`${name.padEnd(44)} ${(rounds[3] ?? Number.NaN).toFixed(1).padStart(9)} ns\n`);
}

const format = new EntryFormat(jsonCodec, undefined);
const meta = { graceMs: 30_000, loadMs: 87, incarnation: '00ff10203040abcd', epoch: 4711, tags: [] };
const value = { id: 42, name: 'a customer', orders: [1, 2, 3] };
const plain = Array.from({ length: 64 }, (_, i) => format.encode(value, { ...meta, epoch: i * 100 }));
const tagged = plain.map(() => format.encode(value, { ...meta, tags: ['customer:42', 'region:eu'] }));
measure('entry: meta', 1e6, (i) => format.meta(plain[i & 63] as Uint8Array));
measure('entry: meta, two tags', 1e6, (i) => format.meta(tagged[i & 63] as Uint8Array));
measure('entry: decode', 1e5, (i) => format.decode(plain[i & 63] as Uint8Array));
measure('JSON.parse alone', 1e5, () => JSON.parse('{"id":42,"name":"a customer","orders":[1,2,3]}'));
measure('entry: encode', 1e5, () => format.encode(value, meta));
measure('entry: encode, no metadata', 1e5, () => format.encode(value));
measure('entry: encode, two tags', 1e5, () =>
  format.encode(value, { ...meta, tags: ['customer:42', 'region:eu'] }),
);
measure('codec alone', 1e5, () => jsonCodec.encode(value, 16));

const secret = 'a secret of some length';
const seal = new EntrySeal('shop', { keys: { 1: secret }, sign: 1 });
for (const bytes of [64, 4096]) {
  const entry = Buffer.alloc(bytes, 1);
  const sealed = seal.seal(entry, 'shop:customer:360:42');
  measure(`integrity: seal, ${bytes} B`, 3e4, () => seal.seal(entry, 'shop:customer:360:42'));
  measure(`integrity: verify, ${bytes} B`, 3e4, () => seal.verify(sealed, 'shop:customer:360:42'));
}

const space = new KeySpace('shop');
const names = Array.from({ length: 4096 }, (_, i) => `customer:360:${String(i).padStart(6, '0')}`);
const name = (i: number): string => names[i & 4095] as string;
const scoped = names.map((key) => key);
for (const key of scoped) space.stored(key);
measure('keys: stored, usual', 1e6, (i) => space.stored(scoped[i & 4095] as string));
measure('keys: scoped and stored, usual', 1e6, (i) => space.stored(name(i)));
measure('keys: stored, hashed', 3e4, () => space.stored('shop:with a space'));
measure('keys: scopePart', 3e4, () => scopePart(secret, '42'));

for (const pattern of ['customer:*', 'customer:*:000042', 'order:*:x', 'cust?mer:*:0000?2*']) {
  const matches = compilePattern(pattern);
  measure(`pattern: ${pattern}`, 1e6, (i) => matches(name(i)));
}
measure('pattern: compiled before', 1e6, () => compilePattern('order:*:x'));

const emitter = new Emitter('shop');
measure('emitter: nobody hears', 1e7, () => emitter.hears('load'));

for (const within of [1, 4, 16]) {
  const successors = new Successors({ within });
  measure(`successors: observe, window ${within}`, 2e5, (i) => successors.observe(name(i * 7)));
  measure(`successors: likely, window ${within}`, 2e5, (i) => successors.likely(name(i)));
}
