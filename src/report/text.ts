import { stripVTControlCharacters } from 'node:util';
import { formatCount } from '../base/units.ts';

const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1B000}-\u{1B2FF}\u{20000}-\u{3FFFD}\p{Emoji_Presentation}]/u;
const ZERO = /[\p{Mn}\p{Me}]/u;

/**
 * Text of others (titles, server messages) as one line that cannot act on a terminal: control and format
 * characters, among them escape sequences and those that turn the direction of writing, become spaces or go.
 */
export function clean(text: string): string {
  return stripVTControlCharacters(text)
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cs}\p{Z}]+/gu, ' ')
    .replace(/[\p{C}\uFE00-\uFE0F]/gu, '')
    .trim();
}

/** `1 variant`, `6 variants`, `12.3 k operations`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Columns that a text takes in a terminal; colour sequences take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (WIDE.test(character)) width += 2;
    else if (!ZERO.test(character)) width += 1;
  }
  return width;
}

/** The longest start of a text that takes at most `width` columns; at least one character. */
function startOf(text: string, width: number): string {
  let start = '';
  for (const character of text) {
    if (start !== '' && displayWidth(start + character) > width) break;
    start += character;
  }
  return start;
}

/** The text, cut to `width` columns with an ellipsis when it is longer. It must be free of colour. */
export function truncate(text: string, width: number): string {
  return displayWidth(text) <= width ? text : `${startOf(text, width - 1)}…`;
}

/** Fills up to `width` columns with spaces behind the text. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Lines of an item in a list: its mark before the first, and the others below that. */
export function marked(mark: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => `  ${index === 0 ? mark : ' '} ${line}`);
}

const NO_BREAK = '\u00A0';

/** Keeps the parts of a text on one line when it is wrapped, if a line can hold them. */
export function unbroken(text: string): string {
  return text.replaceAll(' ', NO_BREAK);
}

/** Breaks words into lines of at most `width` columns; those after the first begin with `indent` spaces. */
export function wrap(text: string, width: number, indent = 0): readonly string[] {
  const room = width - indent;
  const words = text
    .split(' ')
    .flatMap((word) => (displayWidth(word) <= room ? [word] : word.split(NO_BREAK)))
    .flatMap((word) => slice(word, room));
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    const free = lines.length <= 1 ? width : room;
    if (line !== undefined && displayWidth(line) + 1 + displayWidth(word) <= free) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else lines.push(word);
  }
  return lines.map((line, index) => ' '.repeat(index === 0 ? 0 : indent) + line.replaceAll(NO_BREAK, ' '));
}

/** A word in pieces of at most `width` columns; none when it is empty. */
function slice(word: string, width: number): readonly string[] {
  const pieces: string[] = [];
  for (let rest = word; rest !== '';) {
    const piece = startOf(rest, width);
    pieces.push(piece);
    rest = rest.slice(piece.length);
  }
  return pieces;
}

const ASCII: Readonly<Record<string, string>> = {
  '─': '-',
  '┴': '+',
  '–': '-',
  '·': '-',
  '…': '~',
  '×': 'x',
  '→': '>',
  '✓': '+',
  '✗': 'x',
  µ: 'u',
  '▁': '.',
  '▂': ':',
  '▃': '-',
  '▄': '=',
  '▅': '+',
  '▆': '*',
  '▇': '#',
  '█': '@',
};

/** The text in ASCII, column for column. */
export function toAscii(text: string): string {
  return Array.from(text, asciiOf).join('');
}

function asciiOf(character: string): string {
  if ((character.codePointAt(0) ?? 0) < 128) return character;
  return ASCII[character] ?? '?'.repeat(displayWidth(character));
}
