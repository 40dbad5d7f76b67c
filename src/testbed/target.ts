import type { TierName } from '../config/scenario.ts';

/** Servers that are given, by URL; what is missing is started privately for the run. */
export interface Target {
  readonly redis?: string | undefined;
  readonly memcached?: string | undefined;
  readonly database?: string | undefined;
}

/** A server of the run. */
export interface ServerInUse {
  /** The tier it is for, or `origin`. */
  readonly role: TierName | 'origin';
  readonly url: string;
  /** Started for the run and stopped after it. */
  readonly private: boolean;
}
