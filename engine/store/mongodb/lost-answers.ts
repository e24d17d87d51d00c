import type { MongoClient } from 'mongodb';

/**
 * Commits whose answer was lost: the connection broke, or the server died. The driver asks for such a commit again, and what answers
 * then may be a server that started anew. MongoDB's own knows what became of the transaction; not every server behind its protocol
 * does, and one says yes to whatever it is asked. So whoever acknowledges by such an answer looks first whether it is true.
 */
export class LostAnswers {
  #count = 0;

  /** @param client one that monitors its commands */
  constructor(client: MongoClient) {
    client.on('commandFailed', ({ commandName }) => {
      if (commandName === 'commitTransaction') this.#count++;
    });
  }

  /** So far. */
  get count(): number {
    return this.#count;
  }
}
