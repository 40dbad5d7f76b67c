import { CachectlError } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { DriverName, DriverSpec } from './driver.ts';
import { engine } from './engine.ts';
import { ioredis } from './ioredis.ts';
import { memjs } from './memjs.ts';
import { raw } from './raw.ts';

/** All drivers by name, as `--driver` takes them. */
export const DRIVERS: Readonly<Record<DriverName, DriverSpec>> = { engine, raw, ioredis, memjs };

/** @throws CachectlError `BAD_USAGE` that lists the known drivers */
export function findDriver(name: string): DriverName {
  const known = Object.keys(DRIVERS);
  if (known.includes(name)) return name as DriverName;
  throw new CachectlError('BAD_USAGE', `unknown driver '${name}'${didYouMean(name, known)}`, {
    hint: `known drivers: ${known.join(', ')}`,
  });
}
