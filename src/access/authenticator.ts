import type { IncomingHttpHeaders } from 'node:http';
import { TanbaError } from '../core/errors.ts';
import type { ApiKeys } from './api-keys.ts';
import type { Principal } from './permissions.ts';

/** Finds out who is asking. Null: no credentials came along. Throws `access.token_unknown` for wrong ones. */
export interface Authenticator {
  authenticate(headers: IncomingHttpHeaders): Promise<Principal | null>;
}

const BEARER = /^Bearer +([^ ]+) *$/i;
// 6 + 43 characters make a key; a longer token is not worth looking at.
const TOKEN_MAX = 200;

export function createApiKeyAuthenticator(apiKeys: Pick<ApiKeys, 'authenticate'>): Authenticator {
  return {
    async authenticate(headers) {
      const { authorization } = headers;
      if (authorization === undefined) return null;
      const token = BEARER.exec(authorization)?.[1];
      const principal = token === undefined || token.length > TOKEN_MAX ? null : await apiKeys.authenticate(token);
      if (principal === null) throw new TanbaError('access.token_unknown');
      return principal;
    },
  };
}
