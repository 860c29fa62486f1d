/** What the benchmark uses of npm's smtp-server, which brings no types of its own. */
declare module 'smtp-server' {
  import type { Server } from 'node:net';
  import type { Readable } from 'node:stream';

  export interface SMTPServerOptions {
    readonly authOptional?: boolean;
    readonly disabledCommands?: readonly string[];
    readonly disableReverseLookup?: boolean;
    readonly key?: string;
    readonly cert?: string;
    readonly onAuth?: (
      auth: { readonly username?: string; readonly password?: string },
      session: object,
      callback: (error: Error | null, response?: { readonly user: string }) => void,
    ) => void;
    readonly onData?: (stream: Readable, session: object, callback: (error?: Error | null) => void) => void;
  }

  export class SMTPServer {
    constructor(options: SMTPServerOptions);
    readonly server: Server;
    listen(port: number, host: string, callback: () => void): Server;
  }
}
