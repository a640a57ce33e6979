import { Readable } from 'node:stream';
import Type from 'typebox';
import { seesEverything } from '../access/permissions.ts';
import type {
  Accompanying,
  AccompanyingDocument,
  AccompanyingFormat,
  PaperLanguage,
} from '../core/transfers/accompanying.ts';
import { accompanyingPdf, CODES_ON_PAPER_MAX } from '../core/transfers/accompanying-pdf.ts';
import { accompanyingXml } from '../core/transfers/accompanying-xml.ts';
import { preferred } from './preference.ts';
import type { AnyRoute } from './route.ts';
import { route } from './route.ts';

const MEDIA_TYPES = { xml: 'application/xml', pdf: 'application/pdf' } as const;
const LANGUAGES = ['ru', 'kk'] as const;
const FILE_NAME_MAX = 40;

export function accompanyingRoutes(accompanying: Accompanying): AnyRoute[] {
  return [exportRoute(accompanying)];
}

function exportRoute(accompanying: Accompanying): AnyRoute {
  return route({
    method: 'get',
    path: '/api/v1/transfers/:id/accompanying',
    operationId: 'getAccompanyingDocument',
    tag: 'transfers',
    summary: 'The accompanying document of a shipment, as XML or PDF',
    description:
      'For the sender, the receiver, authorities and the operator. XML with all codes, or, with `Accept: application/pdf`, ' +
      `A4 with the first ${CODES_ON_PAPER_MAX} of them. In Kazakh or Russian: by \`lang\`, else by Accept-Language, else in ` +
      'Russian. An Accept header that wants neither is answered with XML.',
    // Whoever the goods were shipped to may have registered in any role since.
    access: 'participants',
    params: Type.Object({ id: Type.String({ format: 'uuid', description: 'The shipment: its document.' }) }),
    query: Type.Object(
      { lang: Type.Optional(Type.Union([Type.Literal('kk'), Type.Literal('ru')])) },
      { additionalProperties: false },
    ),
    responses: {
      200: {
        description: 'The document, as a file',
        contentType: MEDIA_TYPES.xml,
        otherContentTypes: [MEDIA_TYPES.pdf],
      },
      404: { description: 'There is no such shipment, or it is between others' },
    },
    handle: async (request) => {
      const { principal, ip, headers } = request;
      const language = request.query.lang ?? preferred(headers['accept-language'], LANGUAGES);
      const wanted = preferred(headers.accept, [MEDIA_TYPES.xml, MEDIA_TYPES.pdf]);
      const format = wanted === MEDIA_TYPES.pdf ? 'pdf' : 'xml';
      const asker = { bin: principal.bin, seesEverything: seesEverything(principal), ip };
      const document = await accompanying.read(asker, request.params.id, format);
      return {
        status: 200,
        contentType: format === 'xml' ? `${wanted}; charset=utf-8` : wanted,
        headers: {
          'Content-Disposition': `attachment; filename="${fileName(document, format)}"`,
          'Content-Language': language,
          'Cache-Control': 'no-store',
          Vary: 'Accept, Accept-Language',
        },
        stream: await fileOf(accompanying, document, format, language),
      };
    },
  });
}

async function fileOf(
  accompanying: Accompanying,
  document: AccompanyingDocument,
  format: AccompanyingFormat,
  language: PaperLanguage,
): Promise<Readable> {
  const { shipmentId } = document;
  const pieces =
    format === 'xml'
      ? accompanyingXml(document, accompanying.codes(shipmentId), language)
      : accompanyingPdf(document, await accompanying.firstCodes(shipmentId, CODES_ON_PAPER_MAX), language);
  return Readable.from(pieces, { objectMode: false });
}

/** The sender's number, as far as it means nothing to a shell, a folder or a header. */
function fileName({ number, shipmentId }: AccompanyingDocument, format: AccompanyingFormat): string {
  const safe = number
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, FILE_NAME_MAX);
  return `accompanying-${safe === '' ? shipmentId : safe}.${format}`;
}
