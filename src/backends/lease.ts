/**
 * The contract of a lease store: a lock that ends by itself. A lease is held by whoever has its token; it is
 * renewed and released only by that token; it expires on the server's own clock.
 */
export interface LeaseStore {
  /** Grants the lease when nobody holds it. Rejects within the deadline when the store cannot tell. */
  acquire(key: string, ttlMs: number): Promise<LeaseGrant>;
  /** Extends a lease that is still held by `token`; false when it expired or is another's. */
  renew(key: string, token: string, ttlMs: number): Promise<boolean>;
  /** Ends a lease that is still held by `token`; false when it expired or is another's. */
  release(key: string, token: string): Promise<boolean>;
  close(): Promise<void>;
}

export type LeaseGrant = { readonly granted: true; readonly token: string } | { readonly granted: false };
