/** A smart host of somebody else's making: npm's smtp-server, and mailparser to read what came. */
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export interface SmartHost extends AsyncDisposable {
  readonly port: number;
  readonly mails: (Pick<ParsedMail, 'headers' | 'subject' | 'text'> & {
    readonly from: string;
    readonly to: string[];
  })[];
}

export async function startSmartHost(account: {
  readonly login: string;
  readonly password: string;
}): Promise<SmartHost> {
  const mails: SmartHost['mails'] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth(auth, _session, done) {
      const isRight = auth.username === account.login && auth.password === account.password;
      if (isRight) done(null, { user: auth.username });
      else done(new Error(`Invalid login for ${auth.password}`));
    },
    onData(stream, session, done) {
      simpleParser(stream).then((mail) => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        mails.push({ ...mail, from, to: rcptTo.map(({ address }) => address) });
        done();
      }, done);
    },
  });
  // A client that is killed breaks its connection off.
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await new Promise((resolve) => listening.once('listening', resolve));
  const address = listening.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    mails,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
