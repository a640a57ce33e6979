import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { parentPort, type TransferListItem, Worker } from 'node:worker_threads';

/** Threads that answer tasks one by one, first come first served. */
export interface WorkerPool<Task, Result> {
  run(task: Task): Promise<Result>;
  stop(): Promise<void>;
}

export interface WorkerPoolOptions<Result> {
  /** The worker's module, without its extension, beside `from`. */
  readonly script: string;
  readonly from: string;
  readonly size: number;
  readonly isResult: (value: unknown) => value is Result;
}

/** So that a thread finds its next task waiting when it has answered one. */
const TASKS_PER_THREAD = 2;
const QUEUED_TASKS_MAX = 2_000;
/** Left alone, each thread lets 30 MB of short-lived strings pile up before it collects them, for no gain in speed. */
const MEMORY = { maxYoungGenerationSizeMb: 8 };

interface Job<Result> {
  readonly task: unknown;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

interface Thread<Result> {
  readonly worker: Worker;
  /** Answered in the order in which they were posted. */
  readonly jobs: Job<Result>[];
}

export function createWorkerPool<Task, Result>(options: WorkerPoolOptions<Result>): WorkerPool<Task, Result> {
  const threads = new Set<Thread<Result>>();
  const queue: Job<Result>[] = [];
  let stopped = false;

  function post(thread: Thread<Result>, job: Job<Result>): void {
    thread.jobs.push(job);
    thread.worker.postMessage(job.task);
  }

  function hire(): Thread<Result> {
    const thread: Thread<Result> = { worker: startWorker(options), jobs: [] };
    threads.add(thread);
    thread.worker.on('message', (message: unknown) => {
      settle(thread.jobs.shift(), message);
      dispatch();
    });
    thread.worker.on('error', (error) => dismiss(thread, error));
    thread.worker.on('exit', () => dismiss(thread, new Error('a worker thread has ended')));
    return thread;
  }

  function settle(job: Job<Result> | undefined, message: unknown): void {
    if (job === undefined) return;
    const result = resultOf(message);
    if (options.isResult(result)) job.resolve(result);
    else job.reject(errorOf(message));
  }

  function dismiss(thread: Thread<Result>, error: Error): void {
    if (!threads.delete(thread)) return;
    for (const job of thread.jobs) job.reject(error);
    if (!stopped) dispatch();
  }

  function dispatch(): void {
    while (queue.length > 0) {
      const thread = freeThread();
      const job = thread && queue.shift();
      if (thread === undefined || job === undefined) return;
      post(thread, job);
    }
  }

  function freeThread(): Thread<Result> | undefined {
    let best: Thread<Result> | undefined;
    for (const thread of threads) if (best === undefined || thread.jobs.length < best.jobs.length) best = thread;
    if ((best === undefined || best.jobs.length > 0) && threads.size < options.size) return hire();
    return best !== undefined && best.jobs.length < TASKS_PER_THREAD ? best : undefined;
  }

  return {
    run(task) {
      return new Promise<Result>((resolve, reject) => {
        if (stopped) return reject(new Error('the worker pool is stopped'));
        if (queue.length >= QUEUED_TASKS_MAX) return reject(new Error('the worker pool has too many tasks waiting'));
        queue.push({ task, resolve, reject });
        dispatch();
      });
    },
    async stop() {
      stopped = true;
      const error = new Error('the worker pool is stopped');
      for (const job of queue.splice(0)) job.reject(error);
      await Promise.all([...threads].map((thread) => thread.worker.terminate()));
    },
  };
}

/** Compiled, the worker is a .js file. Run from its source by tsx, a thread on Node 20 needs the loader registered in itself. */
function startWorker({ script, from }: { script: string; from: string }): Worker {
  if (!from.endsWith('.ts')) return new Worker(new URL(`${script}.js`, from), { resourceLimits: MEMORY });
  // By its file: under mocha this module may run as CommonJS, where require.resolve finds a build that fails here.
  const tsx = pathToFileURL(createRequire(from).resolve('tsx/package.json'));
  const loader = JSON.stringify(new URL('dist/esm/api/index.mjs', tsx).href);
  const source = JSON.stringify(new URL(`${script}.ts`, from).href);
  const start = `import { register } from ${loader}; register(); await import(${source});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(start)}`), {
    execArgv: [],
    resourceLimits: MEMORY,
  });
}

function resultOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'result' in message ? message.result : undefined;
}

function errorOf(message: unknown): Error {
  const told = typeof message === 'object' && message !== null && 'error' in message ? message.error : undefined;
  return told instanceof Error ? told : new Error('a worker thread gave an unusable answer');
}

export interface Answer<Result> {
  readonly result: Result;
  /** Handed over, not copied. */
  readonly transfer: readonly TransferListItem[];
}

/** The worker's side: answers every task posted to this thread, one after the other. Does nothing on the main thread. */
export function serveTasks<Task, Result>(
  isTask: (value: unknown) => value is Task,
  answer: (task: Task) => Answer<Result> | Promise<Answer<Result>>,
): void {
  const answerOne = async (task: unknown): Promise<void> => {
    try {
      if (!isTask(task)) throw new TypeError('not a task of this worker');
      const { result, transfer } = await answer(task);
      parentPort?.postMessage({ result }, transfer);
    } catch (error) {
      parentPort?.postMessage({ error });
    }
  };
  let last = Promise.resolve();
  parentPort?.on('message', (task: unknown) => {
    last = last.then(() => answerOne(task));
  });
}
