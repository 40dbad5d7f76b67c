import { randomBytes } from 'node:crypto';
import { type LedgerChange, type LedgerPage, MAX_PATTERNS } from '../ledger.ts';

/** The page of a ledger as it is stored; tags have items of their own. */
export interface StoredPage extends Omit<LedgerPage, 'tags'> {
  /** Random, made with the page: which numbers follow each other. It outlasts the incarnation. */
  readonly series: string;
}

export function newPage(): StoredPage {
  return { series: randomName(), incarnation: randomName(), epoch: 0, floor: 0, patterns: [] };
}

/** The page after the change, which has the next number. */
export function advanced(page: StoredPage, { patterns = [], all = false }: LedgerChange): StoredPage {
  const epoch = page.epoch + 1;
  // No entry of the new incarnation is older than this number, so the patterns have nothing left to judge.
  if (all) return { ...page, incarnation: randomName(), epoch, patterns: [] };
  const changed = new Set(patterns);
  const listed = [
    ...page.patterns.filter(({ pattern }) => !changed.has(pattern)),
    ...[...changed].map((pattern) => ({ pattern, epoch })),
  ];
  const fallen = listed.slice(0, -MAX_PATTERNS);
  return {
    ...page,
    epoch,
    floor: fallen.at(-1)?.epoch ?? page.floor,
    patterns: listed.slice(-MAX_PATTERNS),
  };
}

export function encodePage(page: StoredPage): Uint8Array {
  return Buffer.from(JSON.stringify(page));
}

/** Undefined for what is no page. */
export function decodePage(stored: Buffer | undefined): StoredPage | undefined {
  try {
    const page: unknown = JSON.parse(stored?.toString() ?? '');
    return isPage(page) ? page : undefined;
  } catch {
    return undefined;
  }
}

function isPage(page: unknown): page is StoredPage {
  return (
    typeof page === 'object' &&
    page !== null &&
    'series' in page &&
    typeof page.series === 'string' &&
    'incarnation' in page &&
    typeof page.incarnation === 'string' &&
    'epoch' in page &&
    Number.isSafeInteger(page.epoch) &&
    'floor' in page &&
    Number.isSafeInteger(page.floor) &&
    'patterns' in page &&
    Array.isArray(page.patterns)
  );
}

/** A tag that has the page's number. */
export function encodeTag({ series, epoch }: StoredPage): Uint8Array {
  return Buffer.from(`${series} ${epoch}`);
}

/** Undefined for a tag that is missing: its number is not there yet, or of an earlier page's series. */
export function decodeTag({ series }: StoredPage, stored: Buffer | undefined): number | undefined {
  const [, of, number] = /^([0-9a-f]{16}) (\d+)$/.exec(stored?.toString('latin1') ?? '') ?? [];
  return of === series ? Number(number) : undefined;
}

function randomName(): string {
  return randomBytes(8).toString('hex');
}
