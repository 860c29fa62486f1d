/** A message as Graph sees it: properties and attachments in place of MIME. What drafts are made of. */

export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

export interface MessageContent {
  readonly subject: string;
  readonly body: { readonly contentType: 'text' | 'html'; readonly content: string };
  readonly from: MailAddress | undefined;
  readonly sender: MailAddress | undefined;
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  readonly bcc: readonly MailAddress[];
  readonly replyTo: readonly MailAddress[];
  /** With its angle brackets; empty when the message names none. */
  readonly internetMessageId: string;
  readonly importance: 'low' | 'normal' | 'high';
  readonly isDeliveryReceiptRequested: boolean;
  readonly isReadReceiptRequested: boolean;
  /** Fields that no property stands for. */
  readonly headers: readonly HeaderField[];
}

export interface Attachment {
  readonly id: string;
  /** An item is another message; its content is that message as MIME. */
  readonly kind: 'file' | 'item';
  readonly name: string;
  readonly contentType: string;
  readonly isInline: boolean;
  /** Without angle brackets. */
  readonly contentId: string | null;
  readonly content: Buffer;
  /** ms since the epoch. */
  readonly lastModifiedAt: number;
}

export interface Draft {
  readonly content: MessageContent;
  /** As it came, when it was created from MIME and its properties have not been changed since. */
  readonly mime: Buffer | undefined;
  readonly attachments: readonly Attachment[];
  /** How many of the attachments are within `mime` already; the others come behind them. */
  readonly withinMime: number;
}

/** What a mailbox notes about an item without touching it. */
export interface Marks {
  readonly isRead?: boolean;
  readonly categories?: readonly string[];
  readonly importance?: MessageContent['importance'];
  readonly flagStatus?: 'notFlagged' | 'complete' | 'flagged';
  readonly inferenceClassification?: 'focused' | 'other';
}
