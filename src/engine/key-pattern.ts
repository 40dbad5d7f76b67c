import { KeyTemplate } from './key-template.ts';

/** The values of a pattern's parameters in one key, as they stand there. */
export type KeyParameters = Readonly<Record<string, string>>;

/** A key pattern such as `customer:360:{customer_id}`; a parameter matches one part between colons. */
export class KeyPattern {
  readonly names: readonly string[];
  /** Characters that are no parameters: the more, the more specific. */
  readonly literalLength: number;
  readonly #prefix: string;
  readonly #expression: RegExp;

  constructor(text: string) {
    const { parameters, literals } = new KeyTemplate(text);
    this.names = parameters;
    this.literalLength = literals.join('').length;
    this.#prefix = literals[0] ?? '';
    const source = literals.map((literal) => literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('([^:]+)');
    this.#expression = new RegExp(`^${source}$`);
  }

  matches(key: string): boolean {
    return key.startsWith(this.#prefix) && this.#expression.test(key);
  }

  /** The parameters' values; undefined when the key is not one of the pattern's. */
  parse(key: string): KeyParameters | undefined {
    const match = this.#expression.exec(key);
    if (match === null) return undefined;
    return Object.fromEntries(this.names.map((name, i) => [name, match[i + 1] ?? '']));
  }
}
