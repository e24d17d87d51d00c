import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { DatalabError } from '../../../engine/errors/errors.ts';

/** Costs of Argon2id; stored with each hash, so that they can be raised. */
export type PasswordCosts = { readonly memoryKiB: number; readonly passes: number; readonly parallelism: number };

/** OWASP Password Storage Cheat Sheet, Argon2id. */
const COSTS: PasswordCosts = { memoryKiB: 19_456, passes: 2, parallelism: 1 };
const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** Each takes 19 MiB and a core: a flood of sign-ins waits instead of filling memory … */
const RUNNING_MAX = 2;
/** … and what would wait for longer than a person does is refused. */
const WAITING_MAX = 50;

const compute = promisify<'argon2id', Argon2Parameters, Buffer>(argon2);

/** Hashes passwords and checks them, as `$argon2id$v=19$m=…,t=…,p=…$salt$tag` (PHC string format). */
export class Passwords {
  readonly #costs: PasswordCosts;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  /** Hashes computed so far. */
  computed = 0;

  constructor(costs: PasswordCosts = COSTS) {
    this.#costs = costs;
  }

  /** @throws DatalabError `too-many-requests` */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const tag = await this.#compute(password, salt, TAG_BYTES, this.#costs);
    return `$argon2id$v=19$${textOf(this.#costs)}$${bare(salt)}$${bare(tag)}`;
  }

  /**
   * True if this is the password. Without a hash it is not, and that costs the same: how long it takes says nothing about who there is.
   * @throws DatalabError `too-many-requests`
   */
  async verify(password: string, hash: string | undefined): Promise<boolean> {
    const { costs, salt, tag } = hash === undefined ? this.#nobody() : parse(hash);
    const computed = await this.#compute(password, salt, tag.length, costs);
    return timingSafeEqual(computed, tag) && hash !== undefined;
  }

  /** True if a hash was made with other costs than are wanted now. */
  isOutdated(hash: string): boolean {
    return textOf(parse(hash).costs) !== textOf(this.#costs);
  }

  #nobody() {
    return { costs: this.#costs, salt: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) };
  }

  async #compute(password: string, nonce: Buffer, tagLength: number, { memoryKiB, passes, parallelism }: PasswordCosts): Promise<Buffer> {
    await this.#turn();
    try {
      this.computed += 1;
      // The same letters typed on another keyboard may be other code points (NIST SP 800-63B, 3.1.1.2).
      const message = password.normalize('NFKC');
      return await compute('argon2id', { message, nonce, tagLength, memory: memoryKiB, passes, parallelism });
    } finally {
      const next = this.#waiting.shift();
      // Whoever waits takes the place over.
      if (next) next();
      else this.#running -= 1;
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < RUNNING_MAX) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= WAITING_MAX) throw new DatalabError('too-many-requests', 'Too many people sign in at the same time.');
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}

function parse(hash: string): { costs: PasswordCosts; salt: Buffer; tag: Buffer } {
  const [, memory, passes, parallelism, salt = '', tag = ''] =
    /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(hash) ?? notOurs();
  const costs = { memoryKiB: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  return { costs, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
}

function notOurs(): never {
  throw new DatalabError('internal', 'A stored password hash is none of ours.');
}

const textOf = ({ memoryKiB, passes, parallelism }: PasswordCosts): string => `m=${memoryKiB},t=${passes},p=${parallelism}`;

/** The format wants no padding. */
const bare = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
