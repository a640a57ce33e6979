/** The roles of participants, as in the register (R8). */
export const ROLES = [
  'operator',
  'manufacturer',
  'importer',
  'wholesaler',
  'retailer',
  'ofd',
  'authority',
  'service_provider',
] as const;
export type Role = (typeof ROLES)[number];

export type Permission =
  | 'orders'
  | 'documents'
  | 'receipts'
  | 'codes'
  | 'webhooks'
  | 'exchange'
  | 'registers'
  | 'participants'
  | 'registration'
  | 'goods'
  | 'catalogue'
  | 'moderation'
  | 'outages';

/**
 * Who may do what. The law names producers and importers as those who order codes (order 44-н/қ, ch. 3), leaves
 * receipts to fiscal data operators and to sellers for their own tills, and reading to everybody for their own goods.
 * Messages about what is one's own go to everybody who wants them. Published goods cards are for everybody; whoever trades
 * registers goods, since stock without a card is the trader's to register, and the operator decides on them. A service
 * provider has no goods: it does for others what they empower it to.
 */
const PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  operator: ['codes', 'webhooks', 'exchange', 'registers', 'registration', 'goods', 'moderation', 'outages'],
  manufacturer: ['orders', 'documents', 'receipts', 'codes', 'webhooks', 'registers', 'goods', 'catalogue'],
  importer: ['orders', 'documents', 'receipts', 'codes', 'webhooks', 'registers', 'goods', 'catalogue'],
  wholesaler: ['documents', 'receipts', 'codes', 'webhooks', 'registers', 'goods', 'catalogue'],
  retailer: ['documents', 'receipts', 'codes', 'webhooks', 'registers', 'goods', 'catalogue'],
  ofd: ['receipts', 'webhooks', 'registers', 'goods'],
  authority: ['documents', 'codes', 'webhooks', 'goods'],
  service_provider: ['webhooks', 'goods'],
};

/** To look up whom goods are shipped to, and to keep one's own record up to date. */
const EVERYBODY: readonly Permission[] = ['participants'];

/** What a power of attorney may be given for. */
export const DELEGABLE = ['orders', 'documents', 'receipts', 'codes', 'catalogue'] as const satisfies Permission[];
export type DelegablePermission = (typeof DELEGABLE)[number];

/** Who is asking: a participant, known by its key (later also by its signature). */
export interface Principal {
  readonly bin: string;
  readonly role: Role;
  readonly name: string;
  /** BIN of the service provider that asks for it, by its power of attorney. */
  readonly actedBy?: string;
}

export function may(principal: Principal, permission: Permission): boolean {
  return PERMISSIONS[principal.role].includes(permission) || EVERYBODY.includes(permission);
}

/** Roles that may see any participant's goods; every such disclosure is logged with its ground. */
export function seesEverything({ role }: Pick<Principal, 'role'>): boolean {
  return role === 'operator' || role === 'authority';
}

/**
 * What a role may empower others to do: nothing that it may not do itself, nothing of what an office sees, and no receipts
 * in anybody's name as fiscal data operators push them.
 */
export function delegableOf(role: Role): readonly DelegablePermission[] {
  return role === 'ofd' || seesEverything({ role })
    ? []
    : DELEGABLE.filter((permission) => PERMISSIONS[role].includes(permission));
}

export function isDelegable(permission: string): permission is DelegablePermission {
  return DELEGABLE.some((one) => one === permission);
}
