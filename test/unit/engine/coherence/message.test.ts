import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tidings } from '../../../../src/engine/coherence/channel.ts';
import { decodeMessage, encodeMessage, type Message } from '../../../../src/engine/coherence/message.ts';

const text = fc.string({ unit: 'binary' });
const count = fc.maxSafeNat();
const tidings: fc.Arbitrary<Tidings> = fc.record(
  { keys: fc.array(text), tags: fc.array(text), page: fc.boolean(), all: fc.constant(true as const) },
  { requiredKeys: ['keys', 'tags', 'page'] },
);
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    kind: fc.constant('tidings' as const),
    from: text,
    number: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    ask: fc.boolean(),
    tidings,
  }),
  fc.record({
    kind: fc.constantFrom('heartbeat' as const, 'hello' as const),
    from: text,
    last: count,
    beat: count,
  }),
  fc.record({ kind: fc.constant('bye' as const), from: text, last: count }),
  fc.record({
    kind: fc.constant('acknowledge' as const),
    from: text,
    of: fc.array(fc.record({ source: text, number: count })),
  }),
);
const wire = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

describe('the message on the wire', () => {
  test('every message comes back as it was', () => {
    fc.assert(
      fc.property(message, (given) => {
        expect(decodeMessage(encodeMessage(given))).toEqual(given);
      }),
    );
  });

  test('lone surrogates survive: they are legal in keys, and lost in UTF-8', () => {
    const given: Message = { kind: 'bye', from: '\ud800', last: 0 };
    expect(decodeMessage(encodeMessage(given))).toEqual(given);
  });

  test('any bytes are a message or undefined, never an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeMessage(bytes)).toBeUndefined();
      }),
    );
  });

  test('any JSON is a message or undefined; what is a message encodes to the same bytes', () => {
    const kind = fc.constantFrom('tidings', 'heartbeat', 'hello', 'bye', 'acknowledge');
    const field = fc.oneof(
      fc.jsonValue(),
      count,
      fc.boolean(),
      fc.array(text),
      fc.array(fc.tuple(text, count)),
    );
    const array = fc
      .tuple(fc.constantFrom(1, 2), kind, text, fc.array(field, { maxLength: 7 }))
      .map(([version, name, from, rest]) => [version, name, from, ...rest]);
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), array), (value) => {
        const decoded = decodeMessage(wire(value));
        if (decoded !== undefined) expect(encodeMessage(decoded)).toEqual(wire(value));
      }),
      { numRuns: 2000 },
    );
  });

  test('a message that was cut or has a bit flipped is not mistaken for one with another meaning of its frame', () => {
    const bytes = encodeMessage({
      kind: 'tidings',
      from: 'a#1',
      number: 7,
      ask: true,
      tidings: { keys: ['ä'], tags: ['t'], page: false },
    });
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeMessage(bytes.subarray(0, length))).toBeUndefined();
    }
    const damaged = Buffer.from(bytes);
    damaged[damaged.indexOf(0xc3)] = 0xff;
    expect(decodeMessage(damaged), 'no replacement characters in keys').toBeUndefined();
  });

  test.each([
    ['another version', [2, 'bye', 'a', 0]],
    ['an unknown kind', [1, 'gossip', 'a', 0]],
    ['a sender that is no text', [1, 'bye', 1, 0]],
    ['a field too many', [1, 'bye', 'a', 0, 0]],
    ['tidings without a number', [1, 'tidings', 'a', 0, false, [], [], false, false]],
    ['a fraction', [1, 'bye', 'a', 0.5]],
    ['a negative number', [1, 'heartbeat', 'a', -1, 0]],
    ['keys that are no texts', [1, 'tidings', 'a', 1, false, [1], [], false, false]],
    ['an acknowledgement of nothing', [1, 'acknowledge', 'a', [['b']]]],
    ['no list', { kind: 'bye' }],
  ])('%s is no message', (_what, value) => {
    expect(decodeMessage(wire(value))).toBeUndefined();
  });
});
