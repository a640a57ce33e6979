/** Why this process cannot start here; the message is for whoever sits at the terminal. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}

export class AlreadyRunningError extends StartError {
  override readonly name = 'AlreadyRunningError';
  readonly pid: number;

  constructor(pid: number) {
    super(`Tanba is already running here: pid ${pid}`);
    this.pid = pid;
  }
}
