import type { Tidings } from './channel.ts';

/** What instances say to each other. `from` names the sender and its session: another start is another sender. */
export type Message =
  | {
      readonly kind: 'tidings';
      readonly from: string;
      /** 1 for the first of a sender, one more for each. */
      readonly number: number;
      /** Whether to be told when it is applied. */
      readonly ask: boolean;
      readonly tidings: Tidings;
    }
  /** `last`: the highest number of tidings that the sender is done with; `beat`: which of its heartbeats this is. */
  | { readonly kind: 'heartbeat'; readonly from: string; readonly last: number; readonly beat: number }
  /** A heartbeat of somebody who wants to hear the others' at once. */
  | { readonly kind: 'hello'; readonly from: string; readonly last: number; readonly beat: number }
  | { readonly kind: 'bye'; readonly from: string; readonly last: number }
  | { readonly kind: 'acknowledge'; readonly from: string; readonly of: readonly Acknowledged[] };

/** Tidings that were applied. */
export interface Acknowledged {
  /** As in `from` of the message. */
  readonly source: string;
  readonly number: number;
}

const VERSION = 1;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** JSON arrays, led by the version: strings survive whatever is in them, and no field is named on the wire. */
export function encodeMessage(message: Message): Uint8Array {
  return Buffer.from(JSON.stringify([VERSION, message.kind, message.from, ...fieldsOf(message)]));
}

/** What all tidings of this sender, and no other messages, begin with: enough to know one's own. */
export function beginningOfTidings(from: string): Uint8Array {
  return Buffer.from(`${JSON.stringify([VERSION, 'tidings', from]).slice(0, -1)},`);
}

function fieldsOf(message: Message): readonly unknown[] {
  switch (message.kind) {
    case 'tidings': {
      const { keys, tags, page, all = false } = message.tidings;
      return [message.number, message.ask, keys, tags, page, all];
    }
    case 'heartbeat':
    case 'hello':
      return [message.last, message.beat];
    case 'bye':
      return [message.last];
    case 'acknowledge':
      return [message.of.map(({ source, number }) => [source, number])];
  }
}

/** Undefined when the bytes are no message of this version. */
export function decodeMessage(bytes: Uint8Array): Message | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
  if (!Array.isArray(fields)) return undefined;
  const [version, kind, from, ...rest]: readonly unknown[] = fields;
  if (version !== VERSION || typeof from !== 'string') return undefined;
  switch (kind) {
    case 'tidings':
      return tidingsOf(from, rest);
    case 'heartbeat':
    case 'hello': {
      const [last, beat] = rest;
      return isCount(last) && isCount(beat) && rest.length === 2 ? { kind, from, last, beat } : undefined;
    }
    case 'bye': {
      const [last] = rest;
      return isCount(last) && rest.length === 1 ? { kind, from, last } : undefined;
    }
    case 'acknowledge':
      return acknowledgeOf(from, rest);
    default:
      return undefined;
  }
}

function tidingsOf(from: string, fields: readonly unknown[]): Message | undefined {
  const [number, ask, keys, tags, page, all] = fields;
  if (!isCount(number) || number === 0 || !isTexts(keys) || !isTexts(tags)) return undefined;
  if (typeof ask !== 'boolean' || typeof page !== 'boolean' || typeof all !== 'boolean') return undefined;
  if (fields.length !== 6) return undefined;
  const tidings: Tidings = { keys, tags, page, ...(all ? { all } : {}) };
  return { kind: 'tidings', from, number, ask, tidings };
}

function acknowledgeOf(from: string, fields: readonly unknown[]): Message | undefined {
  const [pairs] = fields;
  if (!Array.isArray(pairs) || fields.length !== 1) return undefined;
  const of: Acknowledged[] = [];
  for (const pair of pairs as readonly unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined;
    const [source, number]: readonly unknown[] = pair;
    if (typeof source !== 'string' || !isCount(number)) return undefined;
    of.push({ source, number });
  }
  return { kind: 'acknowledge', from, of };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
