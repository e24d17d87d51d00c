/** What a website can say to the tracker, and what it can ask. The same calls for a script tag and for `datalab/tracker`. */
/** What begins it: as attributes of the script tag (`urlKeep` is `data-url-keep`), or given to `start`. */
export type StartOptions = {
  /** Public app key. */ readonly app: string;
  /** Address of the server, e.g. `https://lab.example`; for a script tag, where the script came from. */ readonly api?: string;
  /** `wait`: nothing is asked and nothing stored before `consent(true)`. `given`: as if that had been called. */
  readonly consent?: 'wait' | 'given' | (string & {});
  /** `respect`: Do Not Track counts as Global Privacy Control, which always counts. */ readonly dnt?: 'respect' | (string & {});
  /** The visitor is known for one day and by no cookie. As an attribute, whatever its value. */ readonly cookieless?: true | string;
  /** Selector of what is masked, beside `data-datalab-mask`. */ readonly mask?: string;
  /** Selector of what is not looked into, beside `data-datalab-block`. */ readonly block?: string;
  /** Names of query parameters that stay in addresses, e.g. `page,sort`; all others are dropped. */ readonly urlKeep?: string;
};

/** Properties of an event of the site's own: flat, at most 20, text of at most 200 characters. */
export type EventProps = Readonly<Record<string, string | number | boolean>>;

/** How the session stands, and counters for debugging. */
export type State = {
  /** INIT: says hello. CONNECT: connects, or waits to. LISTEN: connected. CLOSING and END: it is over. */
  readonly place: 'INIT' | 'CONNECT' | 'LISTEN' | 'CLOSING' | 'END';
  /** '' before the server has answered. */ readonly session: string;
  /** Number of the next event. */ readonly nextSeq: number;
  /** Events numbered, and not acknowledged. */ readonly heldEvents: number;
  /** Events given up, by reason. */ readonly lost: Readonly<Record<string, number>>;
  /** Attempts to connect that failed, and connections that broke. */ readonly failures: number;
  /** Frames that the server refused. */ readonly refusals: number;
  /** Messages that were none of the server's. */ readonly unreadable: number;
  /** What came at a time when it says nothing. */ readonly ignored: number;
  /** Times that the extra could not be loaded. */ readonly extraFailures: number;
  /** Points of the pointer's way that wait for the extra. */ readonly earlyPoints: number;
  /** What was caught before it reached the page: 0 is the aim. */ readonly faults: number;
  /** Properties of events that were not taken. */ readonly leftOut: number;
};

/** `window.datalab`. No call throws; one that comes at the wrong time, or for a visitor who opted out, does nothing. */
export type Datalab = {
  /** Begins; once, later calls do nothing. The script tag has done it. */ start(options: StartOptions): void;
  /** Something that only the site knows happened. What is no flat property is left out and counted. */
  event(name: string, props?: EventProps): void;
  /** The visitor is known to the site by this stable id. Nothing is said for an empty one. */ identify(id: string): void;
  /** True begins, also after `stop`. False ends and forgets; nothing is remembered, so it is said anew on each page. */
  consent(given: boolean): void;
  /** Ends capturing and says goodbye. */ stop(): void;
  /** How the session stands; null while there is none. */ state(): State | null;
  /** Opens the debugger in the page. */ debug(): void;
  /** Makes one of these calls. Before the script has come, `window.datalab` may be an array: then it is made as soon as it comes. */
  push(call: Call): void;
};

/** A call as a list, e.g. `['event', 'signup', { plan: 'pro' }]`. */
export type Call = {
  [Name in Exclude<keyof Datalab, 'push' | 'state'>]: readonly [Name, ...Parameters<Datalab[Name]>];
}[Exclude<keyof Datalab, 'push' | 'state'>];

declare global {
  interface Window {
    /** Until the tracker has come, it may be an array of calls: then there is `push` alone. */
    datalab?: Datalab;
  }
  interface Navigator {
    readonly globalPrivacyControl?: boolean;
  }
}
