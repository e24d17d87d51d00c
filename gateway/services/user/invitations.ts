import { v7 as uuidv7 } from 'uuid';
import type { Clock } from '../../../engine/clock/clock.ts';
import type { Collection, Documents, Stored } from '../../../engine/documents/documents.ts';
import { DatalabError } from '../../../engine/errors/errors.ts';
import type { Role } from '../../../engine/protocol/access.ts';
import type { UserList } from '../../../engine/protocol/account.ts';
import { emailKeyOf } from '../email-key.ts';
import { everyDocument } from '../every-document.ts';

export type Invitation = UserList['invitations'][number];
type InvitationDocument = Omit<Invitation, 'id'> & { /** One for an email in an app. */ readonly slot: string };

export const INVITATION_TTL_MS = 7 * 86_400_000;

/** Who was invited where, until they come, are uninvited, or a week has passed. */
export class Invitations {
  readonly #documents: Collection<InvitationDocument>;
  readonly #clock: Clock;

  private constructor(documents: Collection<InvitationDocument>, clock: Clock) {
    this.#documents = documents;
    this.#clock = clock;
  }

  static async open(documents: Documents, clock: Clock): Promise<Invitations> {
    const indexes = [{ field: 'slot', unique: true }, { field: 'app' }];
    return new Invitations(await documents.collection<InvitationDocument>({ name: 'invitations', indexes }), clock);
  }

  /** Invites; one of before for this email in this app ends. @throws DatalabError `changed-meanwhile` if another does so at the same time */
  async add(email: string, app: string, role: Role, invitedBy: string): Promise<Invitation> {
    const slot = `${app} ${emailKeyOf(email)}`;
    for (const { id } of await this.#documents.find({ field: 'slot', equals: slot })) await this.#documents.remove(id);
    const createdMs = this.#clock.nowMs();
    const invitation = { email, app, role, invitedBy, createdMs, expiresMs: createdMs + INVITATION_TTL_MS };
    const id = uuidv7();
    if (await this.#documents.insert(id, { ...invitation, slot })) return { id, ...invitation };
    throw new DatalabError('changed-meanwhile', `Somebody else invites ${email} just now.`);
  }

  /** @throws DatalabError `link-used` if there is none, or it has expired */
  async get(id: string): Promise<Invitation> {
    const stored = await this.#documents.get(id);
    return stored && this.#isOpen(stored) ? asInvitation(stored) : used();
  }

  /** Gives it to one who asks; the others come too late. @throws DatalabError `link-used` */
  async take(id: string): Promise<Invitation> {
    const invitation = await this.get(id);
    return (await this.#documents.remove(id)) ? invitation : used();
  }

  /** @param app that it must be of @throws DatalabError `not-found` */
  async remove(id: string, app: string): Promise<void> {
    const stored = await this.#documents.get(id);
    if (stored?.value.app !== app || !(await this.#documents.remove(id))) {
      throw new DatalabError('not-found', 'There is no such invitation, or not any more.');
    }
  }

  /** @param app all if absent */
  async list(app?: string): Promise<Invitation[]> {
    const open: Invitation[] = [];
    for await (const stored of everyDocument(this.#documents)) {
      if (this.#isOpen(stored) && (app === undefined || stored.value.app === app)) open.push(asInvitation(stored));
    }
    return open;
  }

  async removeExpired(): Promise<void> {
    await this.#removeAll((stored) => !this.#isOpen(stored));
  }

  async forgetApp(app: string): Promise<void> {
    await this.#removeAll(({ value }) => value.app === app);
  }

  async #removeAll(isMeant: (stored: Stored<InvitationDocument>) => boolean): Promise<void> {
    for await (const stored of everyDocument(this.#documents)) if (isMeant(stored)) await this.#documents.remove(stored.id);
  }

  #isOpen({ value }: Stored<InvitationDocument>): boolean {
    return value.expiresMs > this.#clock.nowMs();
  }
}

function asInvitation({ id, value: { slot: _, ...invitation } }: Stored<InvitationDocument>): Invitation {
  return { id, ...invitation };
}

function used(): never {
  throw new DatalabError('link-used', 'This invitation was used or taken back, or it has expired.');
}
