/**
 * The moments at which a crash is most telling. The crash suite starts a real server, passes a probe that kills it at the
 * n-th passing of one of them, and balances the books after the restart. In ordinary life there is no probe.
 */
export const crashPoints = [
  /** A group of records is about to be written. */
  'before-write',
  /** Durable, and nobody knows yet. */
  'after-sync',
  'before-answer',
  'after-answer',
  /** The 250 has been given to the socket. */
  'after-reply',
  /** A large body's own file is synced, and nothing names it yet. */
  'body-synced',
  'segment-made',
  'before-remove',
  /** The attempt is on record, nothing has gone out. */
  'before-post',
  'during-post',
  /** The service has answered, and it is not on record. */
  'after-post',
  'before-finish',
  /** Mail is about to take another way out; its way has been changed on record. */
  'before-reroute',
  'after-reroute',
  /** Large mail: the service has made a draft, and its id is not on record. */
  'draft-made',
  /** A piece of an attachment goes out. */
  'during-upload',
  /** An attachment is in its draft. */
  'attached',
  /** The draft is about to be sent, and that is on record. */
  'before-send',
  /** The service has taken the draft, and that is not on record. */
  'draft-sent',
] as const;

export type CrashPoint = (typeof crashPoints)[number];

export type CrashProbe = (point: CrashPoint) => void;
