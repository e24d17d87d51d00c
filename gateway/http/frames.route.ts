import type { FastifyInstance } from 'fastify';
import type { Registry } from '../../actors/registry/registry.ts';
import type { Session } from '../../actors/session/session.ts';
import { decodePost } from '../../engine/protocol/codec/post.ts';
import type { DropReason } from '../../engine/protocol/drop-reasons.ts';
import { allowsOrigin, type Directory } from '../directory/directory.ts';
import type { Admission } from '../hello/admit.ts';
import type { Signer } from '../hello/signer.ts';
import { allowOrigin, answerRefusal, preflight } from './hello.route.ts';

type FramesDeps = { registry: Registry; admission: Admission; signer: Signer; apps: Directory };

/** Whose post it is, and which hello of that session its page began with. */
type Holder = { readonly session: Session; readonly helloMs: number };

/** `POST /api/frames`: last frames by beacon, and any frames where sockets are blocked (SPEC PO1, PO2). */
export async function framesRoute(app: FastifyInstance, deps: FramesDeps): Promise<void> {
  const { registry, apps } = deps;
  app.addContentTypeParser(['text/plain', 'application/octet-stream'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.options('/api/frames', { config: { action: 'track' } }, async (request, reply) => preflight(request, reply, apps));

  app.post('/api/frames', {
    config: { action: 'track' },
    onRequest: async (request, reply) => allowOrigin(request, reply, apps),
    handler: async (request, reply) => {
      const post = Buffer.isBuffer(request.body) ? decodePost(request.body) : ({ ok: false, reason: 'frame-malformed' } as const);
      const found = post.ok ? await holder(deps, request.headers.origin, post.value.session, post.value.resume) : post.reason;
      if (!post.ok || typeof found === 'string') {
        const reason = post.ok ? (found as DropReason) : post.reason;
        registry.counters.drop(reason);
        return answerRefusal(reply, reason);
      }
      const { session, helloMs } = found;
      let refused: DropReason | null = null;
      // The views point into the request's buffer, which is reused: what waits in an inbox needs bytes of its own.
      for (const frame of post.value.frames) refused = registry.deliverFrame(session, frame.slice(), helloMs) ?? refused;
      if (refused === 'inbox-full') return answerRefusal(reply, refused);
      return reply.header('cache-control', 'no-store').send({ ackedSeq: session.ackedSeq });
    },
  });
}

/** The live session that a post is for; one that ended, or that this process never knew, is brought back for it. */
async function holder(
  { registry, admission, signer, apps }: FramesDeps,
  origin: string | undefined,
  id: string,
  token: string,
): Promise<Holder | DropReason> {
  const holders = apps.all().map((app) => ({ app, helloMs: signer.resumeTokenMs(app.key, id, token) }));
  const { app, helloMs = null } = holders.find((candidate) => candidate.helloMs !== null) ?? {};
  if (!app || helloMs === null) return 'resume-refused';
  if (origin === undefined || !allowsOrigin(app, origin)) return 'origin-refused';
  await registry.find(id)?.finishing;
  const live = registry.find(id);
  if (live) return { session: live, helloMs };
  const revived = await admission.revive(app.key, id);
  if (!revived) return 'session-unknown';
  registry.admitted(revived, revived.facts, revived.url, helloMs);
  return { session: revived, helloMs };
}
