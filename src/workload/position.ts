/** Where in the sequence of a run the next key is drawn; distributions that move with the run read it. */
export interface Position {
  /** Operations of the run before this one, those of all instances counted. */
  readonly index: number;
  /** Keys drawn before for the same operation, which can have several. */
  readonly nth: number;
  /** Operations before this one that were writes; kept only for distributions that need it. */
  readonly written: number;
  /** Whether this operation writes its key. */
  readonly writing: boolean;
}

/** The start of a run, which stays there: for distributions that do not move. */
export const START: Position = { index: 0, nth: 0, written: 0, writing: false };
