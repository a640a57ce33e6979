import Type from 'typebox';
import type { CheckAnswer, PublicCheck } from '../core/checks/check.ts';
import { VERDICTS } from '../core/checks/check.ts';
import { VERDICT_TEXTS } from '../core/checks/verdict-texts.ts';
import type { KeyRing } from '../core/codes/key-ring.ts';
import type { Language } from '../core/errors.ts';
import { TanbaError } from '../core/errors.ts';
import type { AnyRoute, RouteReply } from './route.ts';
import { route } from './route.ts';

const CODE_LENGTH_MAX = 2_048;

const CheckReply = Type.Object({
  verdict: Type.Union(VERDICTS.map((verdict) => Type.Literal(verdict))),
  message: Type.String(),
  cis: Type.Union([Type.String(), Type.Null()]),
  gtin: Type.Union([Type.String(), Type.Null()]),
  productGroup: Type.Union([Type.String(), Type.Null()]),
  tradeName: Type.Union([Type.String(), Type.Null()]),
  manufacturer: Type.Union([Type.String(), Type.Null()]),
  country: Type.Union([Type.String(), Type.Null()]),
  importer: Type.Union([Type.String(), Type.Null()]),
  customsDeclaration: Type.Union([Type.Object({ number: Type.String(), date: Type.String() }), Type.Null()]),
  productionDate: Type.Union([Type.String(), Type.Null()]),
  expiryDate: Type.Union([Type.String(), Type.Null()]),
});

const DESCRIPTION =
  'Takes what scanners emit: with or without ]d2 and FNC1, with GS separators, in brackets, or a GS1 Digital Link. ' +
  'The verification code is judged first, so a wrong one is `forged` whether the code exists or not. The answer never ' +
  'tells who owns the goods.';

/** The public check: no token, three languages. */
export function checkRoutes(publicCheck: PublicCheck, keyRing: KeyRing): AnyRoute[] {
  const common = { tag: 'check', access: 'public', path: '/api/public/check', description: DESCRIPTION } as const;
  const responses = { 200: { description: 'The verdict', schema: CheckReply } };
  return [
    route({
      ...common,
      method: 'get',
      operationId: 'checkCode',
      summary: 'Check a code',
      query: Type.Object(
        { code: Type.Optional(Type.String({ maxLength: CODE_LENGTH_MAX })) },
        { additionalProperties: false },
      ),
      responses,
      handle: async (request) => {
        const { code } = request.query;
        if (code === undefined) throw new TanbaError('checks.code_missing', { path: '/query/code' });
        return reply(await publicCheck.check(code, request.ip), request.language);
      },
    }),
    route({
      ...common,
      method: 'post',
      operationId: 'checkCodeByPost',
      summary: 'Check a code sent in the body',
      body: Type.Object({ code: Type.String({ maxLength: CODE_LENGTH_MAX }) }, { additionalProperties: false }),
      bodyLimitBytes: 16_384,
      responses,
      handle: async (request) => reply(await publicCheck.check(request.body.code, request.ip), request.language),
    }),
    keysRoute(keyRing),
  ];
}

function keysRoute(keyRing: KeyRing): AnyRoute {
  return route({
    method: 'get',
    path: '/api/public/keys',
    operationId: 'publicKeys',
    tag: 'check',
    access: 'public',
    summary: 'Public keys of the 88-character verification codes',
    description:
      'Ed25519 keys (SPKI in PEM). AI 92 of 88 characters is the base64 of the signature over ' +
      '"tanba:tail:v1" NUL "ed25519" NUL key id (AI 91) NUL cis: anyone verifies a code offline.',
    responses: {
      200: {
        description: 'Every key that was ever used, with its period',
        schema: Type.Object({
          keys: Type.Array(
            Type.Object({ keyId: Type.String(), algorithm: Type.String() }, { additionalProperties: true }),
          ),
        }),
      },
    },
    handle: async () => ({ status: 200, body: { keys: keyRing.publicKeys() } }),
  });
}

function reply(answer: CheckAnswer, language: Language): RouteReply {
  const { verdict, cis, gtin, product, importer, customsDeclaration, productionDate, expiryDate } = answer;
  return {
    status: 200,
    headers: { 'Content-Language': language, 'Cache-Control': 'no-store', Vary: 'Accept-Language' },
    body: {
      verdict,
      message: VERDICT_TEXTS[verdict][language],
      cis,
      gtin,
      productGroup: product?.productGroup ?? null,
      tradeName: product?.card.tradeName[language] ?? null,
      manufacturer: product?.card.manufacturer[language] ?? null,
      country: product?.card.country ?? null,
      importer,
      customsDeclaration,
      productionDate,
      expiryDate,
    },
  };
}
