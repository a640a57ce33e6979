import { nationalStatusSql } from './statuses.ts';

/** One file of an export: a statement whose rows are its lines, and what each of its fields means. */
export interface ExportFile {
  readonly name: string;
  readonly about: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly select: string;
}

const bytes = (column: string): string => `translate(encode(${column}, 'base64'), E'\\n', '')`;
const hex = (column: string): string => `encode(${column}, 'hex')`;

const PARTICIPANTS: ExportFile = {
  name: 'participants.ndjson',
  about: 'The register of participants.',
  fields: {
    bin: 'business identification number, 12 digits',
    name: 'name',
    role: 'operator, manufacturer, importer, wholesaler, retailer, ofd (fiscal data operator) or authority',
    active: 'false: suspended',
    registeredAt: 'when it was registered',
    legalAddress: 'legal address, or null',
    kato: 'region, nine digits of the classifier of administrative and territorial objects, or null',
    contact: '{ person, phone, email }, or null',
  },
  select: `
select p.bin, p.name, p.role, p.active, p.registered_at as "registeredAt", p.legal_address as "legalAddress", p.kato,
       case when c.bin is not null then jsonb_build_object('person', c.person, 'phone', c.phone, 'email', c.email) end
         as contact
  from participant p left join participant_contact c on c.bin = p.bin`,
};

const PRODUCTS: ExportFile = {
  name: 'products.ndjson',
  about: 'Published goods cards.',
  fields: {
    gtin: 'GTIN, 14 digits',
    productGroup: 'product group',
    ownerBin: 'whose goods they are',
    card: 'the card: names in three languages, manufacturer, country, and what its group asks for',
    status: 'published, blocked or archived',
    version: 'number of changes',
    publishedAt: 'when it was first published',
  },
  select: `
select gtin, product_group as "productGroup", owner_bin as "ownerBin", card, status, version,
       published_at as "publishedAt"
  from product`,
};

const CODES: ExportFile = {
  name: 'codes.ndjson',
  about: 'Every code and its own state. Tails are not stored anywhere, so there are none.',
  fields: {
    code: 'the code: 01 GTIN 21 serial, or 00 SSCC of a transport package',
    type: 'unit, group, set or transport',
    status:
      'RECEIVED (emitted), APPLIED, INTRODUCED (in circulation), WITHDRAWN or WRITTEN_OFF. A code in a package that is WITHDRAWN or WRITTEN_OFF has left circulation with it',
    hold: 'none, awaiting_acceptance, customs_control, awaiting_remark or blocked',
    owner: 'BIN of the owner; null inside a package: the owner of the outermost package',
    parent: 'the package that it is in, or null',
    reason: 'why it left circulation, or null',
    productionDate: 'as the application report says, or null',
    expiryDate: 'as the application report says, or null',
    batch: 'as the application report says, or null',
    emittedAt: 'when it was issued, or null where that is not known (packages)',
    orderId: 'the order that it was issued for (orders.ndjson), or null',
    origin: 'the import that brought it from another system (origins.ndjson), or null',
    version: 'number of changes: the ver of its last line in code-history.ndjson, 0: none',
    appliedBy: 'documentId of the application report or its correction, or null',
    introducedBy: 'documentId of the introduction into circulation, or null',
  },
  select: `
select code.cis as code, code.type, ${nationalStatusSql('code.status')} as status, code.hold, code.owner, code.parent,
       code.reason, facts.header->>'productionDate' as "productionDate", facts.header->>'expiryDate' as "expiryDate",
       facts.header->>'batch' as batch, coalesce(line.emitted_at, origin.occurred_at) as "emittedAt",
       line.order_id as "orderId", origin.document_id as origin, code.ver as version, code.applied_by as "appliedBy",
       code.introduced_by as "introducedBy"
  from code
  left join document facts on facts.document_id = code.applied_by
  left join order_line line on line.line_id = code.line_id
  left join code_history origin
    on origin.cis = code.cis and origin.ver = 1 and origin.event = 'imported' and code.line_id is null`,
};

const HISTORY: ExportFile = {
  name: 'code-history.ndjson',
  about: 'Every event of every code. Its emission has no line here: orders.ndjson tells it.',
  fields: {
    code: 'the code',
    ver: 'number of the event in the life of the code',
    event: 'what happened: applied, introduced, packed, shipped, sold …',
    recordedAt: 'when this system recorded it',
    occurredAt: 'the date of business',
    documentId: 'the document, receipt, annulment or import that did it',
    actor: 'BIN of whoever did it; 000000000000: the system',
    counterparty: 'BIN of the other side of a delivery, or null',
    status: 'status afterwards: emitted, applied, in_circulation, withdrawn or written_off',
    hold: 'hold afterwards',
    owner: 'owner afterwards, null inside a package',
    parent: 'package afterwards, or null',
    parentVer: 'version of the package when the code entered it',
    leftVer: 'version of the old package when the code left it',
    reason: 'reason, or null',
  },
  select: `
select cis as code, ver, event, recorded_at as "recordedAt", occurred_at as "occurredAt", document_id as "documentId",
       actor, counterparty, status, hold, owner, parent, parent_ver as "parentVer", left_ver as "leftVer", reason
  from code_history`,
};

const ORDERS: ExportFile = {
  name: 'orders.ndjson',
  about: 'Orders of codes, a line for each kind of goods. The seeds of serials are secret and not here.',
  fields: {
    orderId: 'the order',
    bin: 'who ordered',
    productGroup: 'product group',
    releaseMethodType: 'PRIMARY, REMAINS, COMISSION or REMARK',
    orderStatus: 'pending, ready, closed or rejected',
    createdAt: 'when it was ordered',
    gtin: 'the goods',
    quantity: 'codes ordered',
    cisType: 'unit, group or set',
    keyId: 'the key that its tails were made with (AI 91)',
    lineStatus: 'pending, active, exhausted, rejected or closed',
    handedOver: 'codes that were fetched',
    emittedAt: 'when the codes were issued, or null',
  },
  select: `
select o.order_id as "orderId", o.bin, o.product_group as "productGroup", o.release_method_type as "releaseMethodType",
       o.status as "orderStatus", o.created_at as "createdAt", l.gtin, l.quantity, l.cis_type as "cisType",
       l.key_id as "keyId", l.status as "lineStatus", l.handed_over as "handedOver", l.emitted_at as "emittedAt"
  from code_order o join order_line l on l.order_id = o.order_id`,
};

const DOCUMENTS: ExportFile = {
  name: 'documents.ndjson',
  about: 'Every document: what was sent, and what became of it.',
  fields: {
    documentId: 'the document',
    bin: 'its sender',
    kind: 'kind of document',
    format: 'json, ndjson or xml',
    status: 'receiving, received, accepted, rejected or failed',
    header: 'its header, without the codes',
    codeCount: 'codes in it, or null',
    digest: 'SHA-256 of the raw document in hexadecimal, or null',
    errors: 'its errors, or null',
    warnings: 'its warnings, or null',
    ip: 'where it came from, or null',
    receivedAt: 'when it came',
    completedAt: 'when it was decided, or null',
  },
  select: `
select document_id as "documentId", bin, kind, format, status, header, code_count as "codeCount",
       ${hex('digest')} as digest, errors, warnings, ip, received_at as "receivedAt", completed_at as "completedAt"
  from document`,
};

const PARTS: ExportFile = {
  name: 'document-parts.ndjson',
  about: 'Documents as they came, byte for byte, in parts: joined by partNo they are the whole.',
  fields: { documentId: 'the document', partNo: 'from 0', body: 'the bytes in base64' },
  select: `select document_id as "documentId", part_no as "partNo", ${bytes('body')} as body from document_part`,
};

const RECEIPTS: ExportFile = {
  name: 'receipts.ndjson',
  about: 'Receipts of cash registers.',
  fields: {
    receiptId: 'the receipt',
    registerId: 'the cash register',
    fiscalSign: 'fiscal sign',
    bin: 'the seller',
    operation: 'sale or return',
    at: 'time of the receipt',
    receivedAt: 'when it came',
    sender: 'who sent it',
    ip: 'where it came from, or null',
    digest: 'SHA-256 of the raw receipt in hexadecimal',
    outcome: 'what became of its codes',
    raw: 'the receipt as it came, in base64',
  },
  select: `
select receipt_id as "receiptId", register_id as "registerId", fiscal_sign as "fiscalSign", bin, operation, at,
       received_at as "receivedAt", sender, ip, ${hex('digest')} as digest, outcome, ${bytes('raw')} as raw
  from receipt`,
};

const TRANSFERS: ExportFile = {
  name: 'transfers.ndjson',
  about: 'Deliveries from one participant to another.',
  fields: {
    shipmentId: 'documentId of the shipment',
    sender: 'who shipped',
    receiver: 'who receives',
    number: 'number of the accompanying document',
    shippedAt: 'when it was shipped',
    acceptBy: 'the last moment in which acceptance is in time',
    status: 'awaiting_acceptance, accepted, accepted_in_part, refused or cancelled',
    decidedAt: 'when it was decided, or null',
  },
  select: `
select shipment_id as "shipmentId", sender, receiver, number, shipped_at as "shippedAt", accept_by as "acceptBy",
       status, decided_at as "decidedAt"
  from transfer`,
};

const TRANSFER_LINES: ExportFile = {
  name: 'transfer-lines.ndjson',
  about: 'What was shipped.',
  fields: {
    shipmentId: 'the delivery',
    line: 'line of the shipment, or null for a code decided on alone, out of its package',
    code: 'the code',
    outcome: 'awaiting, accepted, refused, cancelled or gone',
    decidedBy: 'documentId of the decision, or null',
  },
  select: `
select shipment_id as "shipmentId", line, cis as code, outcome, decided_by as "decidedBy" from transfer_line`,
};

const BLOCKS: ExportFile = {
  name: 'blocks.ndjson',
  about: 'Blocks of codes by an authority.',
  fields: {
    blockingId: 'documentId of the blocking',
    code: 'the code',
    holdBefore: 'the hold that it has again afterwards',
    releasedBy: 'documentId of the release, or null while the block stands',
  },
  select: `
select blocking_id as "blockingId", cis as code, hold_before as "holdBefore", released_by as "releasedBy"
  from code_block`,
};

const ORIGINS: ExportFile = {
  name: 'origins.ndjson',
  about: 'Imports from other systems.',
  fields: {
    originId: 'the import',
    name: 'of the other system',
    digests: 'SHA-256 of the files that were read',
    status: 'running or done',
    importedAt: 'when it began',
    finishedAt: 'when it was done, or null',
    codes: 'codes brought in',
    leftOut: 'lines left out',
  },
  select: `
select origin_id as "originId", name, digests, status, imported_at as "importedAt", finished_at as "finishedAt", codes,
       left_out as "leftOut"
  from foreign_code_origin`,
};

const KEYS: ExportFile = {
  name: 'keys.ndjson',
  about: 'Keys of tails. Secret keys are in the key file only: back that up beside this export.',
  fields: {
    keyId: 'AI 91 of a tail',
    algorithm: 'ed25519, hmac-sha256 or mac-24',
    publicKey: 'SPKI in DER, base64; null for the other two',
    validFrom: 'when it began to sign',
    validTo: 'when it ceased to sign, or null',
  },
  select: `
select key_id as "keyId", algorithm, ${bytes('public_key')} as "publicKey", valid_from as "validFrom",
       valid_to as "validTo"
  from signing_key`,
};

const AUDIT: ExportFile = {
  name: 'audit.ndjson',
  about: 'Who did what, when, to what, from where.',
  fields: {
    at: 'when',
    bin: 'who, or null for a command or the system',
    ip: 'from where, or null',
    action: 'what',
    subject: 'to what, or null',
    details: 'more about it',
  },
  select: 'select at, bin, ip, action, subject, details from audit',
};

export const EXPORT_FILES: readonly ExportFile[] = [
  PARTICIPANTS,
  PRODUCTS,
  CODES,
  HISTORY,
  ORDERS,
  DOCUMENTS,
  PARTS,
  RECEIPTS,
  TRANSFERS,
  TRANSFER_LINES,
  BLOCKS,
  ORIGINS,
  KEYS,
  AUDIT,
];
