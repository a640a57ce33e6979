import type { Demo } from './demo.ts';
import type { Hub } from './hub.ts';
import type { Teller } from './teller.ts';

export interface Stage {
  readonly demo: Demo;
  readonly hub: Hub;
  readonly teller: Teller;
  readonly now: () => Date;
}

export interface Goods {
  /** The unit that is followed through its life. */
  readonly unit: string;
  readonly boots: readonly string[];
  readonly box: string;
  readonly pallet: string;
}
