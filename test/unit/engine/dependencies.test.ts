import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DependencyGraph } from '../../../src/engine/dependencies.ts';

function graphOf(edges: Iterable<readonly [key: string, source: string]>): DependencyGraph {
  const graph = new DependencyGraph();
  for (const [key, source] of edges) graph.add(key, [source]);
  return graph;
}

describe('closure', () => {
  test('takes all dependants along, nearest first, each once', () => {
    const graph = new DependencyGraph();
    graph.add('page', ['product', 'price']);
    graph.add('price', ['product', 'rates']);
    graph.add('site', ['page']);
    expect(graph.closure(['product'])).toEqual(['product', 'page', 'price', 'site']);
    expect(graph.closure(['rates', 'page', 'rates'])).toEqual(['rates', 'page', 'price', 'site']);
    expect(graph.closure(['site', 'unknown'])).toEqual(['site', 'unknown']);
    expect(graph.closure([])).toEqual([]);
  });

  test('ends in cycles, and where a key depends on itself', () => {
    const graph = graphOf([
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
      ['d', 'd'],
    ]);
    expect(graph.closure(['a'])).toEqual(['a', 'c', 'b']);
    expect(graph.closure(['d'])).toEqual(['d']);
  });

  test('keys given as parts are the same as their text', () => {
    const graph = new DependencyGraph();
    graph.add(['page', 1], [['product', 'a:b']]);
    expect(graph.closure(['product:a%3Ab'])).toEqual(['product:a%3Ab', 'page:1']);
  });

  test('is what can be reached, whatever was added and removed', () => {
    const name = fc.constantFrom(...'abcdefgh');
    const step = fc.oneof(
      fc.record({ add: name, sources: fc.array(name, { maxLength: 3 }) }),
      fc.record({ remove: name }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.array(name, { maxLength: 3 }), (steps, keys) => {
        const graph = new DependencyGraph();
        let edges: (readonly [key: string, source: string])[] = [];
        for (const action of steps) {
          if ('add' in action) {
            graph.add(action.add, action.sources);
            edges.push(...action.sources.map((source) => [action.add, source] as const));
          } else {
            graph.remove(action.remove);
            edges = edges.filter(([key]) => key !== action.remove);
          }
        }
        const reached = new Set(keys);
        for (let before = -1; before !== reached.size;) {
          before = reached.size;
          for (const [key, source] of edges) if (reached.has(source)) reached.add(key);
        }
        const fallen = graph.closure(keys);
        expect(fallen.toSorted()).toEqual([...reached].sort());
        expect(fallen.slice(0, new Set(keys).size)).toEqual([...new Set(keys)]);
        expect(graph.size).toBe(new Set(edges.flat()).size);
      }),
      { numRuns: 1000 },
    );
  });
});

test('remove forgets what a key is made of, not what is made of it', () => {
  const graph = graphOf([
    ['b', 'a'],
    ['c', 'b'],
  ]);
  graph.remove('b');
  expect(graph.closure(['a'])).toEqual(['a']);
  expect(graph.closure(['b'])).toEqual(['b', 'c']);
});

test('what is removed holds no memory', () => {
  const graph = new DependencyGraph();
  for (let i = 0; i < 1000; i++) graph.add(`page:${i}`, ['product', `price:${i}`]);
  expect(graph.size).toBe(2001);
  for (let i = 0; i < 1000; i++) graph.remove(`page:${i}`);
  expect(graph.size).toBe(0);
});

test('an empty key is refused, and then nothing is added', () => {
  const graph = new DependencyGraph();
  expect(() => graph.add('a', ['b', ''])).toThrow('empty');
  expect(graph.size).toBe(0);
});

test('100,000 dependencies in a chain or in a star fall at once, without deep recursion', () => {
  const count = 100_000;
  const chain = graphOf(Array.from({ length: count }, (_, i) => [`${i + 1}`, `${i}`] as const));
  const star = graphOf(Array.from({ length: count }, (_, i) => [`${i + 1}`, '0'] as const));
  const before = process.cpuUsage();
  expect(chain.closure(['0']).at(-1)).toBe(`${count}`);
  expect(star.closure(['0'])).toHaveLength(count + 1);
  // CPU time, as the machine may be busy; going through all for each would take minutes.
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(3000);
});
