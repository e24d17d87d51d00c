import { randomBytes } from 'node:crypto';
import type { Clock } from '../../engine/clock/clock.ts';
import { TICKET_TTL_MS } from '../../engine/protocol/hello.ts';

/** What a ticket is bound to. */
export type TicketHolder = { readonly app: string; readonly session: string; readonly origin: string };

type Issued = TicketHolder & { readonly ticket: string; readonly expiresMs: number };

/** Rights to open a socket: 128 random bits, single use, short-lived, one per session at a time (SPEC HE3, LC6). */
export class Tickets {
  readonly #clock: Clock;
  /** In order of expiry, since all live equally long. */
  readonly #byTicket = new Map<string, Issued>();
  readonly #bySession = new Map<string, Issued>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#byTicket.size;
  }

  /** Issues a ticket; an older one of the same session is void from now on. */
  issue(holder: TicketHolder): string {
    this.#forgetExpired();
    this.void(holder.session);
    const ticket = randomBytes(16).toString('base64url');
    const issued = { ...holder, ticket, expiresMs: this.#clock.monotonicMs() + TICKET_TTL_MS };
    this.#byTicket.set(ticket, issued);
    this.#bySession.set(holder.session, issued);
    return ticket;
  }

  /** Takes a ticket out, whatever comes of it. @returns its holder if it is valid for this origin, else null */
  redeem(ticket: string, origin: string): TicketHolder | null {
    const issued = this.#byTicket.get(ticket);
    if (!issued) return null;
    this.#remove(issued);
    return issued.expiresMs > this.#clock.monotonicMs() && issued.origin === origin ? issued : null;
  }

  void(session: string): void {
    const issued = this.#bySession.get(session);
    if (issued) this.#remove(issued);
  }

  #remove(issued: Issued): void {
    this.#byTicket.delete(issued.ticket);
    this.#bySession.delete(issued.session);
  }

  #forgetExpired(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const issued of this.#byTicket.values()) {
      if (issued.expiresMs > nowMs) break;
      this.#remove(issued);
    }
  }
}
