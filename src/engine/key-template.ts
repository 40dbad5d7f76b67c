const PARAMETER = /\{([^{}:]+)\}/;

/** A key or tag with parameters, such as `customer:360:{customer_id}`. */
export class KeyTemplate {
  /** Literals at the even places, names of parameters at the odd ones. */
  readonly #pieces: readonly string[];

  constructor(template: string) {
    this.#pieces = template.split(PARAMETER);
  }

  get parameters(): readonly string[] {
    return this.#pieces.filter((_, i) => i % 2 === 1);
  }

  get literals(): readonly string[] {
    return this.#pieces.filter((_, i) => i % 2 === 0);
  }

  /** The text with each parameter given what `valueOf` says, as it is: what may hold a colon has to be escaped. */
  fill(valueOf: (parameter: string) => string): string {
    return this.#pieces.map((piece, i) => (i % 2 === 0 ? piece : valueOf(piece))).join('');
  }
}
