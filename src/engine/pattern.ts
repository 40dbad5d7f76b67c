/*
 * Patterns of keys: `*` is any run of characters, colons too, `?` any one, `\` takes the next one literally (one at the
 * end is itself). A character is a code point.
 */

/** Tokens that no code point equals. */
const ANY = 0x110000;
const RUN = 0x110001;

/** Compiled patterns that are remembered: a ledger keeps 64, and more than one cache may be open. */
const MOST_COMPILED = 256;
const compiled = new Map<string, (key: string) => boolean>();

/**
 * The test whether a key matches the pattern. It takes at most as many steps as the key has characters times those
 * of the pattern, whatever these are: only the last `*` is ever tried anew, because where an earlier one ended early
 * nothing is lost.
 */
export function compilePattern(pattern: string): (key: string) => boolean {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const matches = compile(pattern);
  const [oldest] = compiled.keys();
  if (compiled.size >= MOST_COMPILED && oldest !== undefined) compiled.delete(oldest);
  compiled.set(pattern, matches);
  return matches;
}

/** What every key that matches begins with. */
export function literalPrefix(pattern: string): string {
  const tokens = tokensOf(pattern);
  const end = tokens.findIndex((token) => token === ANY || token === RUN);
  const literal = end < 0 ? tokens : tokens.slice(0, end);
  return literal.map((token) => String.fromCodePoint(token)).join('');
}

function compile(pattern: string): (key: string) => boolean {
  // Half a surrogate pair at its end could be half of a whole one in the key.
  const prefix = pattern.isWellFormed() ? literalPrefix(pattern) : '';
  const tokens = Uint32Array.from(tokensOf(pattern).slice([...prefix].length));
  if (tokens.length === 0) return (key) => key === prefix;
  if (tokens.length === 1 && tokens[0] === RUN) return (key) => key.startsWith(prefix);
  return (key) => key.startsWith(prefix) && matchesFrom(key, prefix.length, tokens);
}

function tokensOf(pattern: string): number[] {
  const tokens: number[] = [];
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? '';
    if (character === '*') {
      if (tokens.at(-1) !== RUN) tokens.push(RUN);
    } else if (character === '?') {
      tokens.push(ANY);
    } else {
      const isEscape = character === '\\' && i + 1 < characters.length;
      tokens.push((characters[isEscape ? ++i : i] ?? '').codePointAt(0) ?? 0);
    }
  }
  return tokens;
}

function matchesFrom(key: string, from: number, tokens: Uint32Array): boolean {
  let at = from;
  let next = 0;
  let afterRun = -1;
  let runEnd = from;
  while (at < key.length) {
    const token = tokens[next];
    const character = key.codePointAt(at) ?? 0;
    if (token === RUN) {
      afterRun = ++next;
      runEnd = at;
    } else if (token === ANY || token === character) {
      next++;
      at += widthOf(character);
    } else if (afterRun >= 0) {
      runEnd += widthOf(key.codePointAt(runEnd) ?? 0);
      at = runEnd;
      next = afterRun;
    } else {
      return false;
    }
  }
  return next === tokens.length || (next === tokens.length - 1 && tokens[next] === RUN);
}

function widthOf(character: number): number {
  return character > 0xffff ? 2 : 1;
}
