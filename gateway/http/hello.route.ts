import cookie from '@fastify/cookie';
import { Ajv } from 'ajv';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Counters } from '../../actors/counters.ts';
import { DROP_REASONS, type DropReason } from '../../engine/protocol/drop-reasons.ts';
import { HELLO_REQUEST, type HelloRequest, type Refusal } from '../../engine/protocol/hello.ts';
import type { Directory } from '../directory/directory.ts';
import type { Admission } from '../hello/admit.ts';
import { baseUrlOf } from './server.ts';

/** 13 months, in seconds (rules.md). */
const COOKIE_MAX_AGE_S = 395 * 86_400;
const COOKIE = 'datalab';

/** HTTP status of each refusal that a hello or a post can get. Trackers never retry on 400, 401, 403, 410, 422. */
export const REFUSAL_STATUS: Partial<Record<DropReason, number>> = {
  'app-unknown': 403,
  'app-archived': 403,
  'service-away': 503,
  'origin-refused': 403,
  'consent-missing': 403,
  'resume-refused': 403,
  'hello-malformed': 400,
  'frame-malformed': 400,
  'frame-version': 400,
  'message-too-big': 413,
  'session-unknown': 410,
  'session-ended': 410,
  'limit-address': 429,
  'limit-app': 503,
  'inbox-full': 503,
  'store-away': 503,
  'node-closing': 503,
};

/** `POST /api/hello` (SPEC HE1–HE7). */
export async function helloRoute(
  app: FastifyInstance,
  { admission, apps, counters, publicUrl }: { admission: Admission; apps: Directory; counters: Counters; publicUrl: string },
): Promise<void> {
  await app.register(cookie);
  // text/plain as well as JSON: a cross-origin hello is then a simple request and needs no preflight.
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'));
  const isHello = new Ajv().compile<HelloRequest>(HELLO_REQUEST);

  app.options('/api/hello', { config: { action: 'track' } }, async (request, reply) => preflight(request, reply, apps));

  app.post('/api/hello', {
    config: { action: 'track' },
    // Whatever the body is, the sender gets a reason that it can read: so the origin is answered first.
    onRequest: async (request, reply) => allowOrigin(request, reply, apps),
    errorHandler: (error, _request, reply) => {
      // Only what the sender did: a fault of ours must not tell the tracker that it need not come back.
      if (((error as { readonly statusCode?: number }).statusCode ?? 500) >= 500) throw error;
      counters.drop('hello-malformed');
      answerRefusal(reply, 'hello-malformed');
    },
    handler: async (request, reply) => {
      const body: unknown = request.body;
      if (!isHello(body)) {
        counters.drop('hello-malformed');
        return answerRefusal(
          reply,
          'hello-malformed',
          isHello.errors?.map((error) => `${error.instancePath || 'body'} ${error.message}`).join('; '),
        );
      }
      const admitted = await admission.admit(body, {
        origin: request.headers.origin,
        address: request.ip,
        cookie: request.cookies[COOKIE],
        headers: request.headers,
        baseUrl: baseUrlOf(request, publicUrl),
      });
      if (!admitted.ok) return answerRefusal(reply, admitted.reason);
      const { answer, cookie: value } = admitted.value;
      if (value !== undefined) {
        reply.setCookie(COOKIE, value, {
          httpOnly: true,
          sameSite: 'lax',
          secure: baseUrlOf(request, publicUrl).startsWith('https:'),
          path: '/api/hello',
          maxAge: COOKIE_MAX_AGE_S,
        });
      }
      return reply.header('cache-control', 'no-store').send(answer);
    },
  });
}

/** Names the origin back if any app allows it; which app it must be is checked with the body (SPEC HE2). */
export function allowOrigin(request: FastifyRequest, reply: FastifyReply, apps: Directory): void {
  const { origin } = request.headers;
  reply.header('vary', 'origin').header('cross-origin-resource-policy', 'cross-origin');
  if (origin && apps.anyAllows(origin))
    reply.header('access-control-allow-origin', origin).header('access-control-allow-credentials', 'true');
}

/** Only for clients that post JSON with its own content type; our tracker never causes one. */
export function preflight(request: FastifyRequest, reply: FastifyReply, apps: Directory): FastifyReply {
  allowOrigin(request, reply, apps);
  return reply
    .code(204)
    .header('access-control-allow-methods', 'POST')
    .header('access-control-allow-headers', 'content-type')
    .header('access-control-max-age', '600')
    .send();
}

/** A refusal with its reason, for a person and for the tracker. */
export function answerRefusal(reply: FastifyReply, reason: DropReason, detail?: string): FastifyReply {
  const { retry, about } = DROP_REASONS[reason];
  const body: Refusal = { code: reason, message: detail ? `${about}: ${detail}` : about, retry };
  return reply.code(REFUSAL_STATUS[reason] ?? 400).send(body);
}
