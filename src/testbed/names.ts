/** What a run calls its own on servers that it shares with others. */
export interface RunNames {
  /** All keys begin with it. */
  readonly prefix: string;
  /** All tables begin with it. */
  readonly table: string;
}
