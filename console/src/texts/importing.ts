/** Settings of another program taken over: texts. */
export const importingTexts = {
  importing: {
    intro:
      'Paste the settings of the program that sent mail until now, or choose its file. They are read on the server and kept nowhere; passwords are not carried over.',
    from: 'Program',
    programs: {
      postfix: 'Postfix (main.cf)',
      smtp2graph: 'SMTP2Graph (config.yml)',
      'email-oauth2-proxy': 'email-oauth2-proxy (emailproxy.config)',
      iis: '.NET or IIS (web.config with system.net/mailSettings)',
    },
    text: 'Its settings',
    file: 'Or its file',
    logins: 'File of smtp_sasl_password_maps, for the login in it (optional)',
    preview: 'Show what it becomes',
    todo: 'Still to be done',
    notCarried: 'Not carried over',
    elsewhere: 'Belongs into the configuration file, since the console does not set it',
    configuration: 'As a configuration file',
    take: 'Take over',
    items: { connectors: 'Connector', clients: 'Client' },
    withPassword: 'a new password is made and shown once',
    submit: 'Take these over',
    taken: 'Taken over.',
    password: (login: string) => `New password of ${login}, shown only now`,
  },
} as const;
