import { type Document, visit, type YAMLError } from 'yaml';

export const TOO_DEEP = 'it is nested too deeply';

/** Something wrong with a text as YAML. */
export interface SyntaxProblem {
  /** Offset in the text, from 0. */
  readonly offset: number;
  readonly message: string;
  /** The text cannot be understood with it. */
  readonly fatal: boolean;
}

/** Everything that the parser found, in words that lead to the cure. */
export function syntaxProblems(document: Document, text: string): readonly SyntaxProblem[] {
  const errors = [...document.errors, ...document.warnings];
  if (errors.some(({ message }) => message.includes('call stack'))) {
    return [{ offset: 0, message: TOO_DEEP, fatal: true }];
  }
  const problems = errors.map((error) => ({
    offset: error.pos[0],
    message: messageFor(error, text),
    fatal: error.code !== 'DUPLICATE_KEY',
  }));
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return;
      const message = `there is no anchor &${alias.source} before this`;
      problems.push({ offset: alias.range?.[0] ?? 0, message, fatal: true });
    },
  });
  return problems.filter(({ message }, index) => index === 0 || !message.includes(FOLLOWER));
}

/** After a first error the parser calls every further token unexpected; that says nothing more. */
const FOLLOWER = ' in YAML stream';

/** The parser's message, without the token that it may quote: that could be a password. */
function messageFor(error: YAMLError, text: string): string {
  const key = /^[^\s:,}]*/u.exec(text.slice(error.pos[0]))?.[0];
  if (error.code === 'DUPLICATE_KEY') return `the key '${key}' is there twice`;
  if (error.code === 'NON_STRING_KEY') return 'a key must be a text';
  if (error.code === 'MULTIPLE_DOCS') return 'a second document begins here; a file has only one';
  return error.code === 'UNEXPECTED_TOKEN' ? error.message.replace(/: [^]*/u, '') : error.message;
}
