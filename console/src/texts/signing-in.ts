/** Sign-in and the first run: texts. */
export const signingInTexts = {
  signIn: {
    title: 'Sign in',
    name: 'Name',
    password: 'Password',
    submit: 'Sign in',
    noUser: 'Nobody has set this console up yet. Open the one-time link that Mailroom printed when it started.',
  },
  firstRun: {
    title: 'Welcome',
    first: 'You become the first Administrator. Choose a name and a password.',
    invited: (name: string) => `Choose a password, ${name}.`,
    name: 'Name',
    password: 'Password',
    hint: '12 characters at least; longer is better.',
    submit: 'Set password and sign in',
    noToken: 'This page needs a one-time link. Mailroom prints one when it starts without a user.',
  },
} as const;
