import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Gives a task to a process of its own, that says when it is ready, and answers what it sends back. */
export async function inClientProcess<Task extends object, Result>(module: URL, task: Task): Promise<Result> {
  const child = fork(module, {
    execArgv: ['--import=tsx'],
    serialization: 'advanced',
    detached: true,
  });
  try {
    const failed = once(child, 'exit').then(([code]) => {
      throw new Error(`${module.pathname} ended with ${code}`);
    });
    failed.catch(() => undefined);
    await Promise.race([once(child, 'message'), failed]);
    const answered = once(child, 'message');
    child.send(task);
    const [result] = await Promise.race([answered, failed]);
    return result;
  } finally {
    child.kill();
  }
}
