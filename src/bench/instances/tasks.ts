import { CachectlError } from '../../base/errors.ts';
import { evictionTask } from '../tasks/eviction.ts';
import { invalidationTask, judgeTask } from '../tasks/invalidation.ts';
import { failoverTask } from '../tasks/failover.ts';
import { loadTask } from '../tasks/load.ts';
import { stampedeTask } from '../tasks/stampede.ts';
import { stormFillTask } from '../tasks/storm-fill.ts';
import { timedLoadTask } from '../tasks/timed-load.ts';
import { warmTask } from '../tasks/warm.ts';
import type { Task } from './application.ts';

/** Everything that instances can be asked to do. */
const TASKS: readonly Task<never, unknown>[] = [
  loadTask,
  stampedeTask,
  invalidationTask,
  judgeTask,
  failoverTask,
  stormFillTask,
  timedLoadTask,
  warmTask,
  evictionTask,
];

/** The task called `name`. Its params are what the parent sent, who has named it by the same object. */
export function findTask(name: string): Task<unknown, unknown> {
  const found = TASKS.find((task) => task.name === name);
  if (found === undefined) throw new CachectlError('UNEXPECTED', `instances know no task '${name}'`);
  return found as Task<unknown, unknown>;
}
