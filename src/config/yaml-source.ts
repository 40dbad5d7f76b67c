import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import { messageOf, type Problem } from '../base/errors.ts';
import { syntaxProblems, TOO_DEEP } from './yaml-syntax.ts';

/** Where a value stands: keys of mappings and indexes of lists, from the root. */
export type Path = readonly PropertyKey[];

/** Line and column, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A YAML file that was read: its plain value, and where each part of it stands. */
export interface YamlSource {
  /** As it is called in messages. */
  readonly file: string;
  /** Plain data; undefined when the text is no YAML at all (then `problems` says why). */
  readonly value: unknown;
  /** All syntax errors, duplicate keys and unknown tags. */
  readonly problems: readonly Problem[];
  /** Place of the value at `path`, or of the nearest mapping or list around it. */
  placeOf(path: Path): Place;
  /** Place of the key that `path` ends with, or of the nearest mapping or list around it. */
  placeOfKey(path: Path): Place;
  /** Keys of the mapping, or indexes of the list, at `path`; none for all else. */
  keysAt(path: Path): readonly (string | number)[];
  /** The text at `path`, after filtering; undefined when there is none. */
  textAt(path: Path): string | undefined;
  /** Whether there is a value at `path`. */
  has(path: Path): boolean;
  /** The scalar or list of scalars at `path` as it is written, with `${…}` untouched; undefined for all else. */
  written(path: Path): string | undefined;
}

/** Replaces the value of a text in the file before the whole becomes plain data. */
export type TextFilter = (text: string, path: Path, place: Place) => string;

/** Larger files are no configuration; the bound keeps a mistaken path from filling the memory. */
const MAX_CHARACTERS = 1024 * 1024;

/** Aliases may repeat what an anchor names; more than this in one file is an attack or a mistake. */
const MAX_ALIASES = 100;

/** Reads one YAML 1.2 document. Throws nothing: what is wrong is in `problems`. */
export function readYaml(text: string, file: string, filter?: TextFilter): YamlSource {
  if (text.length > MAX_CHARACTERS) return unreadable(file, 'the file is larger than 1 MiB');
  const placeAt = placesIn(text);
  try {
    const document = parseDocument(text, OPTIONS);
    const found = syntaxProblems(document, text);
    const problems = found.map(({ offset, message }): Problem => {
      const { line, column } = placeAt(offset);
      return { file, line, column, message };
    });
    if (filter !== undefined) filterTexts(document.contents, placeAt, filter, []);
    return {
      file,
      value: found.some(({ fatal }) => fatal) ? undefined : plainValue(document),
      problems,
      placeOf: (path) => placeAt(nodeAt(document, path).nearest?.range?.[0]),
      placeOfKey: (path) => placeAt(keyOffset(document, path)),
      keysAt: (path) => keysOf(nodeAt(document, path).exact),
      textAt: (path) => textOf(nodeAt(document, path).exact),
      has: (path) => nodeAt(document, path).exact !== undefined,
      written: (path) => writtenText(document, nodeAt(document, path).exact),
    };
  } catch (error) {
    return unreadable(file, whyUnreadable(error));
  }
}

/** The parser recurses, and refuses aliases that multiply. */
function whyUnreadable(error: unknown): string {
  if (error instanceof RangeError) return TOO_DEEP;
  return error instanceof ReferenceError ? 'it uses too many aliases (*name)' : messageOf(error);
}

const OPTIONS = { prettyErrors: false, logLevel: 'error', stringKeys: true } as const;

function plainValue(document: Document): unknown {
  return document.toJS({ maxAliasCount: MAX_ALIASES });
}

function unreadable(file: string, message: string): YamlSource {
  const start: Place = { line: 1, column: 1 };
  return {
    file,
    value: undefined,
    problems: [{ file, ...start, message }],
    placeOf: () => start,
    placeOfKey: () => start,
    keysAt: () => [],
    textAt: () => undefined,
    has: () => false,
    written: () => undefined,
  };
}

/** Offset in the text to line and column; no offset is the start. */
type PlaceFinder = (offset: number | undefined) => Place;

/** The parser's own line counter misses the breaks within plain scalars in flow collections. */
function placesIn(text: string): PlaceFinder {
  const starts = [0, ...[...text.matchAll(/\n/gu)].map(({ index }) => index + 1)];
  return (offset = 0) => {
    const line = starts.findLastIndex((start) => start <= offset);
    return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
  };
}

interface Found {
  /** The node at the path itself. */
  readonly exact: Node | undefined;
  /** The same, or else the innermost node on the way to it. */
  readonly nearest: Node | undefined;
}

function nodeAt(document: Document, path: Path): Found {
  let node = resolved(document, document.contents);
  let nearest = node;
  for (const step of path) {
    node = resolved(document, isMap(node) || isSeq(node) ? node.get(step, true) : undefined);
    if (node === undefined) return { exact: undefined, nearest };
    nearest = node;
  }
  return { exact: node, nearest };
}

function resolved(document: Document, node: unknown): Node | undefined {
  if (isAlias(node)) return node.resolve(document);
  return isNode(node) ? node : undefined;
}

function keyOffset(document: Document, path: Path): number | undefined {
  const parent = nodeAt(document, path.slice(0, -1)).nearest;
  const key = String(path.at(-1));
  const pair = isMap(parent) ? parent.items.find((item) => textOfKey(item.key) === key) : undefined;
  return (isNode(pair?.key) ? pair.key : parent)?.range?.[0];
}

function keysOf(node: Node | undefined): readonly (string | number)[] {
  if (isSeq(node)) return [...node.items.keys()];
  return isMap(node) ? node.items.map(({ key }) => textOfKey(key)) : [];
}

function textOf(node: Node | undefined): string | undefined {
  return isScalar(node) && typeof node.value === 'string' ? node.value : undefined;
}

function writtenText(document: Document, node: Node | undefined): string | undefined {
  if (isScalar(node)) return node.source ?? String(node.value);
  if (!isSeq(node)) return undefined;
  const items = node.items.map((item) => resolved(document, item));
  return items.every(isScalar)
    ? items.map((item) => item.source ?? String(item.value)).join(', ')
    : undefined;
}

function filterTexts(node: unknown, placeAt: PlaceFinder, filter: TextFilter, path: Path): void {
  if (isScalar(node)) {
    if (typeof node.value === 'string') node.value = filter(node.value, path, placeAt(node.range?.[0]));
  } else if (isMap(node)) {
    for (const { key, value } of node.items) filterTexts(value, placeAt, filter, [...path, textOfKey(key)]);
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) filterTexts(item, placeAt, filter, [...path, index]);
  }
}

function textOfKey(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}
