/** Variables of the environment, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A text whose `${…}` were replaced. */
export interface Interpolation {
  readonly text: string;
  /** Names of the variables in it, in their order. */
  readonly names: readonly string[];
  /** True when the text is one reference and nothing else. */
  readonly whole: boolean;
  /** What is wrong: variables that are not set, references that are none. */
  readonly problems: readonly string[];
}

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/gu;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([^]*))?$/u;

/**
 * Replaces `${NAME}` by the variable's value and `${NAME:-text}` by the text when the variable is unset or empty,
 * as a shell does. `$${` stands for `${` itself. What cannot be replaced stays as it is.
 */
export function interpolate(text: string, env: Environment): Interpolation {
  const names: string[] = [];
  const problems: string[] = [];
  const replaced = text.replace(REFERENCE, (match, inner: string | undefined, end: string | undefined) => {
    if (inner === undefined) return '${';
    const [, name, preset] = VARIABLE.exec(inner) ?? [];
    if (name === undefined || end !== '}') {
      problems.push('expected ${NAME} or ${NAME:-default}; write $${ for ${ itself');
      return match;
    }
    names.push(name);
    const value = env[name];
    if (preset !== undefined) return value === undefined || value === '' ? preset : value;
    if (value === undefined) problems.push(`the environment variable ${name} is not set`);
    return value ?? match;
  });
  return { text: replaced, names, whole: /^\$\{[^}]*\}$/u.test(text), problems };
}
