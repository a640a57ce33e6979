/** A service the tests need, and the ways to come by it, tried in this order. One row per service. */
export interface Service {
  readonly name: string;
  /** The setting that tells the tests where it is; set by us, or by whoever has one. */
  readonly variable: string;
  /** One named in the environment, or that listens on the standard port. */
  readonly reuse: () => Promise<Attempt>;
  /** One of our own, in the temporary folder given, with what is installed. */
  readonly own: (folder: string) => Promise<Attempt>;
  /** Packages after which `own` works. */
  readonly debianPackages: readonly string[];
  /** Its name in docker-compose.yml and its port there. */
  readonly compose: { readonly service: string; readonly port: number; readonly url: (hostPort: string) => string };
  /** What a person has to do when nothing else worked. */
  readonly instructions: readonly string[];
}

export type Attempt = Running | Refused;

export interface Running {
  readonly url: string;
  /** For the log: "reused postgresql://…", "started in /tmp/…". */
  readonly how: string;
  readonly stop: () => Promise<void>;
}

export interface Refused {
  readonly refused: string;
  /** True where trying further ways would hide a mistake: the environment names a service that does not answer. */
  readonly final?: boolean;
}

export function isRunning(attempt: Attempt): attempt is Running {
  return 'url' in attempt;
}
