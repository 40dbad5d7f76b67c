/** Kinds of the parameters of a pattern but the first: as warehouses of a product. */
const OTHERS = 10;

/**
 * Keys of a pattern such as `inventory:{product_id}:{warehouse_id}`, by index: the first parameter is the index itself,
 * so that no two are the same, and every other one is its last digit.
 */
export class PatternKeys {
  /** Literal text and parameters in turn; a literal comes first. */
  readonly #parts: readonly string[];

  /** @param pattern with at least one parameter */
  constructor(pattern: string) {
    this.#parts = pattern.split(/\{([^{}]+)\}/u);
  }

  of(index: number): string {
    return this.#parts.map((part, at) => (at % 2 === 0 ? part : valueAt(at, index))).join('');
  }

  /** The parameters of a key by name. */
  fieldsOf(index: number): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.#parts.flatMap((part, at) => (at % 2 === 0 ? [] : [[part, valueAt(at, index)]])),
    );
  }
}

const valueAt = (at: number, index: number): string => String(at === 1 ? index : index % OTHERS);
