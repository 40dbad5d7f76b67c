import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from 'yaml';
import { messageOf, type Problem } from '../base/errors.ts';

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
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
    if (filter !== undefined) filterTexts(document.contents, filter, lines, []);
    const broken = document.errors.some((error) => error.code !== 'DUPLICATE_KEY');
    return {
      file,
      value: broken ? undefined : (document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown),
      problems: withoutFollowers([...document.errors, ...document.warnings]).map((error) => ({
        file,
        ...placeAt(lines, error.pos[0]),
        message: messageFor(error, text),
      })),
      placeOf: (path) => placeAt(lines, nodeAt(document, path).nearest?.range?.[0]),
      placeOfKey: (path) => placeAt(lines, keyOffset(document, path)),
      has: (path) => nodeAt(document, path).exact !== undefined,
      written: (path) => writtenText(document, nodeAt(document, path).exact),
    };
  } catch (error) {
    return unreadable(file, error instanceof RangeError ? 'it is nested too deeply' : messageOf(error));
  }
}

function unreadable(file: string, message: string): YamlSource {
  const start: Place = { line: 1, column: 1 };
  return {
    file,
    value: undefined,
    problems: [{ file, ...start, message }],
    placeOf: () => start,
    placeOfKey: () => start,
    has: () => false,
    written: () => undefined,
  };
}

/** After a first error the parser calls every further token unexpected; that says nothing more. */
function withoutFollowers(errors: readonly YAMLError[]): readonly YAMLError[] {
  return errors.filter((error, index) => index === 0 || !error.message.includes(' in YAML stream'));
}

/** The parser's message, without the token it quotes: that may be a password. */
function messageFor(error: YAMLError, text: string): string {
  if (error.code === 'UNEXPECTED_TOKEN') return error.message.replace(/: [^]*/u, '');
  if (error.code !== 'DUPLICATE_KEY') return error.message;
  return `the key '${/^[^\s:,}]*/u.exec(text.slice(error.pos[0]))?.[0]}' is there twice`;
}

function placeAt(lines: LineCounter, offset: number | undefined): Place {
  const { line, col } = lines.linePos(offset ?? 0);
  return { line: Math.max(1, line), column: Math.max(1, col) };
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
  return isAlias(node) ? node.resolve(document) : ((node ?? undefined) as Node | undefined);
}

function keyOffset(document: Document, path: Path): number | undefined {
  const parent = nodeAt(document, path.slice(0, -1)).nearest;
  const key = String(path.at(-1));
  const pair = isMap(parent)
    ? parent.items.find(({ key: node }) => String(isScalar(node) ? node.value : node) === key)
    : undefined;
  return isScalar(pair?.key) ? pair.key.range?.[0] : parent?.range?.[0];
}

function writtenText(document: Document, node: Node | undefined): string | undefined {
  if (isScalar(node)) return node.source ?? String(node.value);
  if (!isSeq(node)) return undefined;
  const items = node.items.map((item) => resolved(document, item));
  return items.every(isScalar)
    ? items.map((item) => item.source ?? String(item.value)).join(', ')
    : undefined;
}

function filterTexts(node: unknown, filter: TextFilter, lines: LineCounter, path: Path): void {
  if (isScalar(node)) {
    if (typeof node.value === 'string')
      node.value = filter(node.value, path, placeAt(lines, node.range?.[0]));
  } else if (isMap(node)) {
    for (const { key, value } of node.items) filterTexts(value, filter, lines, [...path, textOfKey(key)]);
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) filterTexts(item, filter, lines, [...path, index]);
  }
}

function textOfKey(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}
