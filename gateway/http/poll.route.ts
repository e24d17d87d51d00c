import type { FastifyInstance } from 'fastify';
import type { Registry } from '../../actors/registry/registry.ts';
import type { Session } from '../../actors/session/session.ts';
import type { Clock } from '../../engine/clock/clock.ts';
import { decodePost } from '../../engine/protocol/codec/post.ts';
import type { Directory } from '../directory/directory.ts';
import type { Tickets } from '../hello/tickets.ts';
import { PollSocket } from '../socket/poll-socket.ts';
import { allowOrigin, answerRefusal, preflight } from './hello.route.ts';

type PollDeps = { readonly clock: Clock; readonly registry: Registry; readonly tickets: Tickets; readonly apps: Directory };
type Connection = { readonly session: Session; readonly origin: string; readonly socket: PollSocket };

/** `POST /api/poll`: frames one way and messages the other, where sockets are blocked (SPEC PO3–PO5). */
export async function pollRoute(app: FastifyInstance, { clock, registry, tickets, apps }: PollDeps): Promise<void> {
  const connections = new Map<string, Connection>();
  app.addContentTypeParser(['text/plain', 'application/octet-stream'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  /** The connection that a ticket names; its first poll makes it, as a socket's opening does. */
  const connectionOf = (ticket: string, origin: string): Connection | null => {
    const known = connections.get(ticket);
    if (known) return known.origin === origin ? known : null;
    const holder = tickets.redeem(ticket, origin);
    const session = holder && registry.find(holder.session);
    if (session?.place !== 'CONNECT') return null;
    const socket = new PollSocket(clock, () => {
      if (connections.delete(ticket)) registry.detach(session, socket);
    });
    const made = { session, origin, socket };
    connections.set(ticket, made);
    registry.attach(session, socket);
    return made;
  };

  app.options('/api/poll', { config: { action: 'track' } }, async (request, reply) => preflight(request, reply, apps));

  app.post('/api/poll', {
    config: { action: 'track' },
    onRequest: async (request, reply) => allowOrigin(request, reply, apps),
    handler: async (request, reply) => {
      const post = Buffer.isBuffer(request.body) ? decodePost(request.body) : ({ ok: false, reason: 'frame-malformed' } as const);
      const found = post.ok ? connectionOf(post.value.resume, request.headers.origin ?? '') : null;
      if (!post.ok || !found || found.session.facts.session !== post.value.session) {
        const reason = post.ok ? 'ticket-refused' : post.reason;
        registry.counters.drop(reason);
        return answerRefusal(reply, reason);
      }
      const { session, socket } = found;
      // The views point into the request's buffer, which is reused: what waits in an inbox needs bytes of its own.
      for (const frame of post.value.frames) registry.deliverFrame(session, frame.slice());
      const answer = socket.poll();
      let answered = false;
      reply.raw.once('close', () => {
        if (!answered) socket.abandon();
      });
      const said = await answer;
      answered = true;
      return reply.header('cache-control', 'no-store').send(said);
    },
  });
}
