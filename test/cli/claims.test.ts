import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClaimResult } from '../../src/gate/claims/claim.ts';
import type { RunResult } from '../../src/results/run-result.ts';
import { cachectl } from './program.ts';

const scenario = (claims: string, gates = ''): string => `
name: shop
kind: load
warmup: 200ms
duration: 800ms
keyspace: { keys: 50 }
operations: { get_or_load: 100% }
load: { model: closed, connections: 2, think: 2ms }
variants:
  - { id: before, tiers: [] }
  - { id: after, tiers: [redis] }
${gates}
claims:
${claims}
`;

const claim = (what: string, condition: string): string =>
  `  - { what: ${what}, claimed: so, source: a document, holds_if: '${condition}' }`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cachectl-claims-'));
  // A call that a busy machine makes overrun its deadline would leave every claim unshown.
  const patient = 'default_profile: patient\nprofiles: { patient: { deadline: 10s } }\n';
  writeFileSync(join(folder, 'cachectl.yaml'), patient);
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(...text: Parameters<typeof scenario>): string {
  const file = join(folder, 'shop.yaml');
  writeFileSync(file, scenario(...text));
  return file;
}

describe('claims', () => {
  test('a refuted claim is told, and is no failure of the run', async () => {
    const file = fileWith(
      [
        claim('most reads are hits', 'after:hit_ratio >= 50%'),
        claim('nothing is loaded', 'reduction(origin.loads, before -> after) >= 100%'),
        claim('waits are short', 'wait.p99 < 1s'),
      ].join('\n'),
    );
    const { code, stdout } = await cachectl(['bench', file, '--json'], { cwd: folder });
    const { claims } = JSON.parse(stdout) as RunResult & { claims: readonly ClaimResult[] };
    expect(claims).toMatchObject([
      {
        what: 'most reads are hits',
        verdict: 'reproduced',
        origin: expect.stringMatching(/shop\.yaml:\d+$/),
      },
      { what: 'nothing is loaded', verdict: 'refuted', limit: 1 },
      { what: 'waits are short', verdict: 'not shown' },
    ]);
    expect(code).toBe(0);
  });

  test('are in the table; a gate on the same figure is what fails', async () => {
    const file = fileWith(claim('all are hits', 'hit_ratio >= 100%'), 'gates: [hit_ratio >= 100%]');
    const { code, stdout } = await cachectl(['bench', file, '--warmup', '0ms'], { cwd: folder });
    expect(stdout).toContain('Claims: 0 of 1 reproduced');
    expect(stdout).toContain('0 of 1 claim reproduced, 1 refuted (all are hits:');
    expect(code).toBe(3);
  });

  test.each(['bench', 'scenarios check'])(
    '%s refuses a wrong claim before anything is started',
    async (command) => {
      const file = fileWith(claim('x', 'reduction(origin.loads, befor -> after) >= 70%'));
      const { code, stderr } = await cachectl([...command.split(' '), file]);
      expect(stderr).toMatch(/shop\.yaml:14.*no variant 'befor', did you mean 'before'\?/s);
      expect(code).toBe(2);
    },
  );
});
