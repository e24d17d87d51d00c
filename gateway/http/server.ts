/** The HTTP server: limits, headers, validation and how errors are said. Routes are added by their own files. */
import rateLimit from '@fastify/rate-limit';
import { Ajv } from 'ajv';
import Fastify, { type FastifyInstance, type FastifyRequest, LogController } from 'fastify';
import { DatalabError, ERRORS } from '../../engine/errors/errors.ts';
import type { Refusal } from '../../engine/protocol/hello.ts';

/** Largest body of any request: a post of last frames, bounded like a frame. */
const BODY_MAX_BYTES = 65_536;
const HEADER_MAX_BYTES = 16_384;
/** Whoever sends a header byte a second is closed after this. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

export type ServerOptions = { readonly logLevel: string };

export function createServer({ logLevel }: ServerOptions): FastifyInstance {
  const app = Fastify({
    logger: {
      level: logLevel,
      // No address, no query, no header: tickets, tokens and people must not stand in a log.
      serializers: { req: (request) => ({ method: request.method, path: pathOf(request.url) }) },
    },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { maxHeaderSize: HEADER_MAX_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: 2_000 },
    forceCloseConnections: 'idle',
  });
  useStrictValidation(app);
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'same-origin');
    if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
    if (!reply.hasHeader('cross-origin-resource-policy')) reply.header('cross-origin-resource-policy', 'same-origin');
  });
  app.setErrorHandler((error, request, reply) => {
    const refusal = refusalOf(error);
    if (refusal.status >= 500 && refusal.status !== 503) request.log.error({ err: error }, 'request failed');
    reply.code(refusal.status).send(refusal.body);
  });
  return app;
}

/** Requests of UI and API from one address; what trackers say has limits of its own, and services trust each other. */
export async function limitRequests(app: FastifyInstance, perMin: number): Promise<void> {
  await app.register(rateLimit, {
    max: perMin,
    timeWindow: 60_000,
    allowList: ({ routeOptions: { config } }) => config.action === undefined || config.action === 'track' || config.action === 'internal',
    errorResponseBuilder: () => new DatalabError('too-many-requests', `More than ${perMin} requests in a minute.`),
  });
}

/** Bodies are taken as they are; only query strings, which are all text, become numbers and booleans. */
function useStrictValidation(app: FastifyInstance): void {
  const strict = new Ajv({ useDefaults: true, allowUnionTypes: true });
  const coercing = new Ajv({ useDefaults: true, coerceTypes: true, allowUnionTypes: true });
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? strict : coercing).compile(schema));
}

/** An error as the wire says it. */
function refusalOf(error: unknown): { status: number; body: Refusal } {
  if (error instanceof DatalabError) {
    const { status, retry, remedy } = ERRORS[error.code];
    return { status, body: { code: error.code, message: error.message, retry, remedy } };
  }
  const { statusCode, validation, message } = error as { statusCode?: number; validation?: unknown; message?: string };
  if (validation)
    return { status: 400, body: { code: 'query-invalid', message: `${message}.`, retry: false, remedy: ERRORS['query-invalid'].remedy } };
  if (statusCode && statusCode < 500) return { status: statusCode, body: { code: 'query-invalid', message: `${message}.`, retry: false } };
  return {
    status: 500,
    body: { code: 'internal', message: 'Something went wrong here, not with your request.', retry: true, remedy: ERRORS.internal.remedy },
  };
}

/** The address by which the browser reached us: the setting, else what the request says. */
export function baseUrlOf(request: FastifyRequest, publicUrl: string): string {
  return publicUrl || `${request.protocol}://${request.host}`;
}

function pathOf(url: string | undefined): string {
  return (url ?? '').split('?', 1)[0] ?? '';
}
