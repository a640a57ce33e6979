-- Service providers, who act for others by a registered power of attorney (R8).

alter type participant_role add value 'service_provider';

-- scope: permissions. It stands from valid_from until valid_to, valid_to not included, unless it was revoked. Who revokes it
-- is one of the two sides.
create table power_of_attorney (
  poa_id uuid primary key,
  principal_bin text not null references participant,
  provider_bin text not null references participant check (provider_bin <> principal_bin),
  number text not null,
  scope text[] not null check (
    cardinality(scope) > 0 and scope <@ array['orders', 'documents', 'receipts', 'codes', 'catalogue']
  ),
  valid_from timestamptz not null,
  valid_to timestamptz not null check (valid_to > valid_from),
  registered_at timestamptz not null,
  revoked_at timestamptz,
  revoked_by text,
  check ((revoked_at is null) = (revoked_by is null)),
  check (revoked_by in (principal_bin, provider_bin))
);
create index power_of_attorney_by_principal on power_of_attorney (principal_bin, poa_id);
create index power_of_attorney_by_provider on power_of_attorney (provider_bin, poa_id);

-- Who sent it for its sender, by a power of attorney; null: the sender itself.
alter table document add column acted_by text;
